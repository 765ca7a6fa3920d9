"""The rooms beside the list of members: their tabs and their crumbs."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from kernel.actor import Actor
from kernel.permissions import can
from tenant_apps.members.permissions import MemberPermission

_ROOMS = (
    ("list", "党员名册", "members", MemberPermission.BROWSE),
    ("states", "特殊情形", "members-states", MemberPermission.STATES),
    ("turns", "党籍变动", "members-turns", MemberPermission.LEAVE),
    ("former", "历史党员", "members-former", MemberPermission.FORMER),
    ("duplicates", "重复档案", "members-duplicates", MemberPermission.MERGE),
)


def rooms(actor: Actor, current: str) -> list[dict[str, Any]]:
    """The tabs over the pages, those that the actor may open."""
    return [
        {"label": label, "url": reverse(name), "is_current": key == current}
        for key, label, name, permission in _ROOMS
        if can(actor, permission)
    ]


def crumbs_to(label: str, url: str = "", more: str = "") -> list[dict[str, str]]:
    """The way from the list to a page of one of the rooms."""
    crumbs = [{"label": "党员名册", "url": reverse("members")}]
    crumbs.append({"label": label, "url": url} if url else {"label": label})
    return [*crumbs, {"label": more}] if more else crumbs

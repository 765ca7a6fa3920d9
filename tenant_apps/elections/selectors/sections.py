"""Parts that elections add to the page of an organisation and to the file of a member."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from kernel.actor import Actor
from kernel.permissions import can
from tenant_apps.elections.permissions import ElectionPermission
from tenant_apps.elections.selectors import cases, posts
from tenant_apps.elections.selectors.board import board_of
from tenant_apps.elections.selectors.terms import is_elected
from tenant_apps.elections.selectors.work import terms_of
from tenant_apps.members.selectors import OwnLink


class OrganizationSection:
    """Fills ``organizations.selectors.SectionProvider``: board and term."""

    heading = "班子与任期"
    template_name = "elections/parts/organization.html"

    def context(
        self, organization: Any, *, actor: Actor, today: dt.date
    ) -> Mapping[str, Any] | None:
        if organization.kind == "GROUP" or not can(actor, ElectionPermission.BROWSE, organization):
            return None
        return {
            "org": organization,
            "board": board_of(organization, on=today),
            "term": terms_of([organization], today=today)[0],
            "is_elected": is_elected(organization.kind),
            "last": cases.last_held(organization.pk),
        }


class MemberSection:
    """Fills ``members.selectors.sections.SectionProvider``: posts held now and before."""

    key = "posts"
    heading = "党内任职"
    template_name = "elections/parts/member.html"

    def context(self, member: Any, *, actor: Actor, today: dt.date) -> Mapping[str, Any] | None:
        del actor, today
        rows = list(posts.of_member(member.pk))
        return {"posts": [(row, posts.label_of(row)) for row in rows]} if rows else None


def own_links(member: Any) -> Iterable[OwnLink]:
    """The way to the elections of one's own organisations, from 「我的」."""
    del member
    yield OwnLink("本组织选举", "时间、地点、候选人和结果", "/m/elections/")

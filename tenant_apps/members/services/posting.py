"""The line 党内职务 of a member's file, kept in step with the posts that elections record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from django.db import transaction

from kernel.actor import Actor
from tenant_apps.audit.services import record
from tenant_apps.members.models import Member

LONGEST: Final = 80


@transaction.atomic
def keep(*, texts: Mapping[UUID, str], actor: Actor, now: dt.datetime) -> int:
    """Writes the line of each member where it differs; returns how many changed.

    A line that is too long ends with an ellipsis: the posts themselves are all on record.
    """
    held = Member.objects.select_for_update(of=("self",)).filter(pk__in=list(texts))
    changed = []
    for member in held.order_by("pk"):
        text = texts[member.pk]
        text = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
        if member.posts == text:
            continue
        record(
            "member.corrected",
            actor=actor, now=now, subject_type="member", subject_id=member.pk,
            changes={"posts": [member.posts, text]}, reason="任职记录变动",
        )  # fmt: skip
        member.posts = text
        member.version += 1
        member.updated_at = now
        changed.append(member)
    Member.objects.bulk_update(changed, ["posts", "version", "updated_at"])
    return len(changed)


def named_in(*, org_id: UUID, words: tuple[str, ...]) -> list[UUID]:
    """The members of a branch whose line names one of these posts, as a roster brought it."""
    rows = Member.objects.filter(org_id=org_id, is_active=True).exclude(posts="")
    return [
        pk for pk, text in rows.values_list("pk", "posts") if any(word in text for word in words)
    ]

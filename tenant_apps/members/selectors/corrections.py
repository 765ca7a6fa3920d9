"""Reading what members ask to have corrected."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.permissions import can
from tenant_apps.members.models import Correction, EntryKind, Member
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors.entries import shown_value
from tenant_apps.members.selectors.entry_sets import SETS
from tenant_apps.members.selectors.fields import BY_KEY
from tenant_apps.members.selectors.files import CORRECTING
from tenant_apps.organizations.selectors.gates import within

PHOTO: Final = "photo"
"""What a request for another photo is for; the picture is its attachment."""


class CorrectionNotFound(NotFound):
    code = "member_correction_not_found"
    sentence = "没有找到这项更正申请，可能不在您的管理范围内。"


@dataclass(frozen=True, slots=True)
class ShownCorrection:
    """A request in words: what it is about, and what is asked for."""

    row: Correction
    label: str
    wanted: tuple[tuple[str, str], ...]

    @property
    def is_photo(self) -> bool:
        return bool(self.row.field == PHOTO)

    @property
    def is_waiting(self) -> bool:
        return bool(self.row.state == Correction.State.WAITING)


def corrections_visible_to(actor: Actor, *, is_waiting: bool) -> QuerySet[Correction]:
    """Requests of the members whose files the actor may correct, oldest first where they wait."""
    found: QuerySet[Correction] = Correction.objects.filter(
        within(actor.scopes(*CORRECTING), field="member__org_path")
    ).select_related("member__org")
    if is_waiting:
        return found.filter(state=Correction.State.WAITING).order_by("asked_at")
    return found.exclude(state=Correction.State.WAITING).order_by("-asked_at")


def correction_for(actor: Actor, correction_id: UUID) -> Correction:
    """A request by who may decide it, or by who asked; raises CorrectionNotFound."""
    found = Correction.objects.select_related("member__org").filter(pk=correction_id).first()
    if found is None or not (
        can(actor, MemberPermission.EDIT, found.member) or actor.member_id == found.member_id
    ):
        raise CorrectionNotFound
    return found


def own_correction_for(actor: Actor, correction_id: UUID) -> Correction:
    """A request of the actor's own file only: nobody acts for the office there.

    Raises CorrectionNotFound.
    """
    found = correction_for(actor, correction_id)
    if found.member_id != actor.member_id:
        raise CorrectionNotFound
    return found


def corrections_of(member: Member) -> list[ShownCorrection]:
    """What a member asked for, newest first."""
    return [shown_correction(row) for row in member.corrections.order_by("-asked_at")[:50]]


def photo_asked_for(member: Member) -> Correction | None:
    """The photo that the member handed in and that waits."""
    waiting = member.corrections.filter(state=Correction.State.WAITING, field=PHOTO)
    found: Correction | None = waiting.first()
    return found


def shown_correction(row: Correction) -> ShownCorrection:
    """The request in words."""
    if row.field in BY_KEY:
        field = BY_KEY[row.field]
        wanted = field.shown(row.wanted.get("value"))
        return ShownCorrection(
            row, field.label, (("原登记", row.old or "（空）"), ("更正为", wanted))
        )
    if row.field == PHOTO:
        return ShownCorrection(row, "照片", (("更换为", "本人上传的照片"),))
    one = SETS[EntryKind(row.field)]
    told = []
    for key, value in row.wanted.items():
        label, field_of_row = one.label_of(key)
        told.append((label, shown_value(field_of_row, value) if field_of_row else str(value)))
    return ShownCorrection(row, f"新增{one.label}", tuple(told))

"""What admission adds to a member's file and to the member's own page on the phone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any

from kernel.actor import Actor
from kernel.permissions import can
from tenant_apps.admissions.models import Case
from tenant_apps.admissions.permissions import AdmissionPermission
from tenant_apps.members.selectors import OwnLink
from tenant_apps.members.selectors.growth import Moment, Sort


class AdmissionSection:
    """The way by which somebody came in, on the member's page at the desk."""

    key = "admission"
    heading = "发展党员"
    template_name = "admissions/parts/section.html"

    def context(self, member: Any, *, actor: Actor, today: dt.date) -> Mapping[str, Any] | None:
        case = case_of(member)
        if case is None or not can(actor, AdmissionPermission.BROWSE, case):
            return None
        days = [
            ("递交申请", case.applied_on), ("确定为积极分子", case.activist_on),
            ("确定为发展对象", case.candidate_on), ("支部大会通过", case.joined_on),
            ("上级党委批准", case.approved_on), ("批准转正", case.converted_on),
        ]  # fmt: skip
        told = [(label, f"{on:%Y-%m-%d}" if on else "") for label, on in days]
        return {"case": case, "pairs": told}


def steps_in_growth(actor: Actor, member: Any) -> Iterable[Moment]:
    """How somebody came in, to who may see the case, and to the member; joining and turning full
    are days of the file.
    """
    case = case_of(member)
    is_own = actor.member_id == member.pk
    if case is None or not (is_own or can(actor, AdmissionPermission.BROWSE, case)):
        return
    days = [
        ("递交入党申请书", case.applied_on), ("确定为入党积极分子", case.activist_on),
        ("确定为发展对象", case.candidate_on), ("上级党委批准为预备党员", case.approved_on),
    ]  # fmt: skip
    for title, on in days:
        if on:
            yield Moment.of(on, Sort.ADMISSION, title)


def own_links(member: Any) -> list[OwnLink]:
    """The own way, for whoever came in by one that is recorded here."""
    if case_of(member) is None:
        return []
    return [OwnLink("我的入党历程", "办到哪一步，写思想汇报", "/m/admission/")]


def case_of(member: Any) -> Case | None:
    """The newest case of a member."""
    found: Case | None = Case.objects.filter(member_id=member.pk).order_by("-created_at").first()
    return found

"""Opening a case: somebody hands in an application (rulebook 2.3, step 1)."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from django.db import IntegrityError, transaction

from kernel import pinyin
from kernel.actor import Actor
from kernel.clock import months_later
from kernel.errors import Conflict, Invalid
from shared_apps.rules.selectors import codes
from shared_apps.rules.selectors.admission_packs import admission_pack
from tenant_apps.admissions.models import Case, StepState
from tenant_apps.admissions.services import going, inputs, signing_in, texting
from tenant_apps.members import selectors as members
from tenant_apps.members.services import sealing
from tenant_apps.members.services.sealing import Sealer, normal_identity, normal_phone
from tenant_apps.organizations.services import open_matters

LAYOUTS: Final = ("25", "29")
_IDENTITY: Final = re.compile(r"\d{17}[\dX]")
_PHONE: Final = re.compile(r"1\d{10}")
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ANYBODY: Final = Actor.system("admission")


class ApplicantRefused(Invalid):
    """``field`` names what is wrong, so that a form shows the sentence beside it."""

    code = "admission_applicant_refused"
    sentence = "{problem}"


class CannotAdmit(Conflict):
    code = "admission_branch_cannot_admit"
    sentence = "「{name}」是{kind}，不能发展党员，请选择党支部或联合党支部。"


class CaseOpenAlready(Conflict):
    code = "admission_open_already"
    sentence = "这名同志已有一份办理中的入党申请，一人同时只能有一份。"


class MemberAlready(Conflict):
    code = "admission_member_already"
    sentence = "这个身份证号已登记在党员名册中，不能再申请入党。"


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who applies; ``occupation``, ``front_line`` and ``stratum`` are codes, ``ethnicity`` and
    ``education`` labels, as in a member's file.
    """

    name: str
    identity: str
    phone: str = ""
    gender: str = ""
    birth_on: dt.date | None = None
    ethnicity: str = ""
    education: str = ""
    occupation: str = ""
    front_line: str = ""
    stratum: str = ""
    workplace: str = ""


def open_case(
    *,
    org: Any,
    applicant: Applicant,
    applied_on: dt.date,
    given: Mapping[str, Any],
    layout: str,
    actor: Actor,
    today: dt.date,
    now: dt.datetime,
) -> Case:
    """Takes an application in at the branch ``org``.

    Gender and birthday follow from the identity number where they were not given, and must agree
    with it where they were.  Raises CannotAdmit, ApplicantRefused, MemberAlready, CaseOpenAlready
    and InputRefused.
    """
    refuse_branch(org)
    pack = admission_pack(applied_on)
    act = pack.acts["application"]
    person = checked(applicant, applied_on=applied_on, age_min=pack.age_min, today=today)
    _refuse_second(person.identity)
    case = Case(
        org=org, org_path=org.path, layout=layout if layout in LAYOUTS else LAYOUTS[0],
        act=act.key, act_version=pack.version, act_began_on=applied_on, stage=act.stage,
        applied_on=applied_on, created_at=now, created_by=actor.person_id,
    )  # fmt: skip
    _write(case, person)
    values = inputs.read(act.inputs, given, case=case)
    try:
        with transaction.atomic():
            refuse_branch(open_matters.hold(org))
            case.save()
            step = going.new_step(
                case, act, state=StepState.DONE, on=applied_on, data=values, late_reason="",
                actor=actor, now=now,
            )  # fmt: skip
            step.done_on = applied_on
            step.save(update_fields=["done_on"])
            going.go_on(case, act, applied_on)
            going.tell("admission.opened", case, actor=actor, now=now, step=step)
            signing_in.allow(case, phone=person.phone, identity=person.identity)
            texting.receipt(case, actor=actor, now=now)
    except IntegrityError as second:
        raise CaseOpenAlready from second
    return case


@transaction.atomic
def correct(
    *, case: Case, applicant: Applicant, actor: Actor, today: dt.date, now: dt.datetime
) -> Case:
    """Corrects who somebody is; the identity number only before the person is a member.

    An empty ``identity`` or ``phone`` leaves what is there.  Raises as ``open_case`` does.
    """
    held = going.locked(case, actor=actor)
    from_file = Sealed.of(held)
    identity = applicant.identity.strip() or from_file.identity
    if held.member_id is not None and normal_identity(identity) != from_file.identity:
        problem = "已成为预备党员，身份证号请在党员档案中更正。"
        raise ApplicantRefused(field="identity", problem=problem)
    pack = admission_pack(held.applied_on)
    person = checked(
        replace(applicant, identity=identity, phone=applicant.phone.strip() or from_file.phone),
        applied_on=held.applied_on, age_min=pack.age_min, today=today,
    )  # fmt: skip
    if person.identity != from_file.identity:
        _refuse_second(person.identity)
    if person.phone != from_file.phone:
        held.texted.pop(texting.INVITED, None)
    _write(held, person)
    held.save()
    going.tell("admission.corrected", held, actor=actor, now=now)
    if held.member_id is None:
        signing_in.allow(held, phone=person.phone, identity=person.identity)
    return held


def refuse_branch(org: Any) -> None:
    """Raises CannotAdmit for an organisation that holds no formal relations, or has ended."""
    if not org.can_hold_members:
        raise CannotAdmit(name=org.short_name or org.name, kind=org.get_kind_display())
    if org.ended_on is not None:
        raise CannotAdmit(name=org.short_name or org.name, kind="已撤销的组织")


def labels_of(case: Case) -> dict[str, str]:
    """Occupation, front line and stratum in words."""
    names = ("occupation", "front_line", "stratum")
    return {name: codes.table(name).label_of(getattr(case, name)) for name in names}


def checked(
    applicant: Applicant, *, applied_on: dt.date, age_min: int, today: dt.date
) -> Applicant:
    """The applicant in one spelling.  Raises ApplicantRefused with the first thing wrong."""
    number, phone = normal_identity(applicant.identity), normal_phone(applicant.phone)
    if not applicant.name.strip():
        raise ApplicantRefused(field="name", problem="请填写姓名。")
    born, gender = read_identity(number)
    if applicant.birth_on and applicant.birth_on != born:
        problem = f"出生日期与身份证号中的 {born} 不一致，请核对。"
        raise ApplicantRefused(field="birth_on", problem=problem)
    if applicant.gender and applicant.gender != gender:
        raise ApplicantRefused(field="gender", problem="性别与身份证号不一致，请核对。")
    if phone and not _PHONE.fullmatch(phone):
        raise ApplicantRefused(field="phone", problem="手机号码应为 11 位数字。")
    if applied_on > today:
        raise ApplicantRefused(field="applied_on", problem="递交申请书的日期不能晚于今天。")
    of_age = months_later(born, 12 * age_min)
    if applied_on < of_age:
        problem = f"年满 {age_min} 周岁方可申请入党，这名同志 {of_age} 年满 {age_min} 周岁。"
        raise ApplicantRefused(field="applied_on", problem=problem)
    _check_codes(applicant)
    return replace(
        applicant, name="".join(applicant.name.split()), identity=number, phone=phone,
        birth_on=born, gender=gender,
    )  # fmt: skip


def _check_codes(applicant: Applicant) -> None:
    for field in ("occupation", "front_line", "stratum"):
        code = getattr(applicant, field)
        if code and codes.table(field).entry(code) is None:
            raise ApplicantRefused(field=field, problem="请从列表中选择。")
    for field in ("ethnicity", "education"):
        label = getattr(applicant, field)
        if label and label not in codes.table(field).labels:
            raise ApplicantRefused(field=field, problem="请从列表中选择。")


def read_identity(number: str) -> tuple[dt.date, str]:
    """Birthday and gender (M or F) in an identity number (GB 11643).  Raises ApplicantRefused."""

    def refused(problem: str) -> ApplicantRefused:
        return ApplicantRefused(field="identity", problem=problem)

    if not _IDENTITY.fullmatch(number):
        raise refused("身份证号应为 18 位，末位可以是 X。")
    total = sum(w * int(digit) for w, digit in zip(_WEIGHTS, number, strict=False))
    if "10X98765432"[total % 11] != number[17]:
        raise refused("身份证号校验位不对，请核对。")
    try:
        born = dt.date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError as wrong:
        raise refused("身份证号中的出生日期不存在，请核对。") from wrong
    return born, "M" if int(number[16]) % 2 else "F"


@dataclass(frozen=True, slots=True)
class Sealed:
    """The two sealed values of a case in the clear, for as long as a service needs them."""

    identity: str
    phone: str

    @classmethod
    def of(cls, case: Case) -> Sealed:
        phone = sealing.open_phone(case.phone_sealed) if case.phone_sealed else ""
        return cls(sealing.open_identity(case.identity_sealed), phone)


def _write(case: Case, person: Applicant) -> None:
    sealer = Sealer()
    identity, phone = sealer.identity(person.identity), sealer.phone(person.phone)
    full, initials = pinyin.of_name(person.name)
    for field in (
        "name", "gender", "birth_on", "ethnicity", "education", "occupation", "front_line",
        "stratum", "workplace",
    ):  # fmt: skip
        setattr(case, field, getattr(person, field))
    case.name_pinyin, case.name_initials = full[:120], initials[:30]
    case.identity_sealed, case.identity_index = identity.blob or b"", identity.mark or b""
    case.identity_masked = identity.masked
    case.phone_sealed, case.phone_index, case.phone_masked = phone


def _refuse_second(number: str) -> None:
    found = members.members_visible_to(_ANYBODY).filter(members.search(number))
    if found.exists():
        raise MemberAlready
    mark = Sealer().identity(number).mark
    if Case.objects.filter(identity_index=mark, state="OPEN").exists():
        raise CaseOpenAlready

"""A member asks to have the own file corrected; somebody of the office decides (rulebook 12.2).

Whoever asks never decides: an officer's own request waits for another officer.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from mimetypes import guess_extension
from pathlib import PurePath
from typing import Any, Final

from django.db import transaction

from kernel.actor import Actor
from kernel.crypto import unit_cipher
from kernel.errors import Conflict, Forbidden, Invalid, NotFound
from kernel.masks import masked
from kernel.storage import unit_files
from tenant_apps.audit.services import record
from tenant_apps.members.models import Correction, EntryKind, Member
from tenant_apps.members.selectors import fields
from tenant_apps.members.selectors.corrections import PHOTO
from tenant_apps.members.selectors.entry_sets import SETS
from tenant_apps.members.selectors.fields import BY_KEY, FileField, Kind
from tenant_apps.members.services import entries, filing, photos, pictures, sealing

MOST_WAITING: Final = 20
"""Requests of one member that may wait at once."""
SHORTEST_REASON: Final = 4
LARGEST: Final = 5 * 1024 * 1024
_PDF: Final = b"%PDF-"
_PROOF: Final = "更正申请附件"
_SEALED: Final = "members.secrets"
_DAYS: Final = ("began_on", "ended_on")


class CorrectionNotValid(Invalid):
    """``field`` names the field of the form that is wrong."""

    code = "member_correction_not_valid"
    sentence = "{problem}"


class CorrectionDecided(Conflict):
    code = "member_correction_decided"
    sentence = "这项申请已经处理：{state}。"


class OwnCorrection(Forbidden):
    code = "member_correction_own"
    sentence = "本人的更正申请须由其他管理人员审核。"


class TooManyWaiting(Conflict):
    code = "member_corrections_too_many"
    sentence = "您有 {count} 项申请等待审核，请等处理后再提交。"


class NoProof(NotFound):
    code = "member_correction_without_proof"
    sentence = "这项申请没有附证明材料。"


@dataclass(frozen=True, slots=True)
class Proof:
    """A file that the member attaches."""

    name: str
    content: bytes


@transaction.atomic
def ask(
    *,
    member: Member,
    field: str,
    wanted: Mapping[str, Any],
    reason: str,
    proof: Proof | None = None,
    actor: Actor,
    today: dt.date,
    now: dt.datetime,
) -> Correction:
    """A request for one field (``wanted`` has ``value``) or, where ``field`` is the kind of a set,
    for one row of it (its fields, ``began_on``, ``ended_on``, ``year``); for the ``PHOTO`` the
    picture is the proof.

    What could not be accepted is refused now.  Raises CorrectionNotValid, TooManyWaiting,
    PictureRefused and what the correction itself would raise.
    """
    Member.objects.select_for_update(of=("self",)).get(pk=member.pk)
    if len(reason.strip()) < SHORTEST_REASON:
        raise CorrectionNotValid(
            field="reason", problem=f"请写明更正的理由（至少 {SHORTEST_REASON} 个字）。"
        )
    waiting = Correction.objects.filter(member=member, state=Correction.State.WAITING)
    if (count := waiting.count()) >= MOST_WAITING:
        raise TooManyWaiting(count=count)
    if waiting.filter(field=field).exists() and (field in BY_KEY or field == PHOTO):
        raise CorrectionNotValid(field="value", problem="这一项已有申请等待审核，请勿重复提交。")
    asked = Correction(member=member, field=field, reason=reason.strip(), asked_at=now)
    asked.asked_by = actor.person_id
    if field in BY_KEY:
        _ask_field(asked, member, BY_KEY[field], wanted.get("value"), today)
    elif field == PHOTO:
        proof = _picture(proof)
    else:
        _ask_entry(asked, field, wanted)
    if proof is not None:
        asked.file_name, asked.file_key = _kept(proof)
    asked.save()
    _record("member.correction_asked", asked, actor, now)
    return asked


@transaction.atomic
def accept(*, correction: Correction, actor: Actor, today: dt.date, now: dt.datetime) -> Correction:
    """Writes what was asked for into the file.  Raises OwnCorrection, CorrectionDecided and what
    the correction raises where the file says otherwise by now.
    """
    held = _open(correction, actor)
    if held.field in BY_KEY:
        sheet = _sheet(held.member, BY_KEY[held.field], _wanted(held))
        reason = f"本人申请：{held.reason}"
        filing.correct(
            member=held.member, sheet=sheet, reason=reason, actor=actor, today=today, now=now
        )
    elif held.field == PHOTO:
        content = unit_files().read(held.file_key)
        photos.put(member=held.member, content=content, actor=actor, now=now)
    else:
        entries.add(
            member=held.member, kind=EntryKind(held.field), actor=actor, now=now, **_row(held)
        )
    return _decide(held, Correction.State.ACCEPTED, "", actor, now)


@transaction.atomic
def refuse(*, correction: Correction, answer: str, actor: Actor, now: dt.datetime) -> Correction:
    """Leaves the file; the member reads why.  Raises OwnCorrection, CorrectionDecided and
    CorrectionNotValid without an answer.
    """
    held = _open(correction, actor)
    if not answer.strip():
        raise CorrectionNotValid(field="answer", problem="请写明不采纳的理由，本人可以看到。")
    return _decide(held, Correction.State.REFUSED, answer.strip(), actor, now)


@transaction.atomic
def withdraw(*, correction: Correction, actor: Actor, now: dt.datetime) -> Correction:
    """The member thinks better of it.  Raises CorrectionDecided, Forbidden for anybody else."""
    held = _held(correction)
    if held.member_id != actor.member_id:
        raise Forbidden
    held.state = Correction.State.WITHDRAWN
    held.decided_at = now
    held.save(update_fields=["state", "decided_at"])
    _record("member.correction_withdrawn", held, actor, now)
    return held


def _ask_field(
    asked: Correction, member: Member, field: FileField, value: Any, today: dt.date
) -> None:
    if not field.may_ask:
        raise CorrectionNotValid(field="field", problem=f"{field.label}须由党组织按决定登记。")
    if value in (None, ""):
        raise CorrectionNotValid(field="value", problem=f"请填写更正后的{field.label}。")
    asked.old = fields.shown_of(member, field)[:120]
    _try(member, field, value, asked.reason, today)
    if field.kind is not Kind.SEALED:
        asked.wanted = {"value": fields.plain(fields.read(field, value))}
        return
    asked.sealed = unit_cipher().seal(json.dumps({"value": str(value)}), column=_SEALED)
    is_address = field.key == "address"
    sealed = sealing.Sealer().address(value).masked if is_address else masked(str(value))
    asked.wanted = {"value": sealed}


def _try(member: Member, field: FileField, value: Any, reason: str, today: dt.date) -> None:
    """Raises what accepting would raise, and leaves the file as it is."""
    try:
        sheet = _sheet(member, field, value)
    except ValueError as wrong:
        problem = f"{field.label}「{value}」不是有效的值。"
        raise CorrectionNotValid(field="value", problem=problem) from wrong
    if not filing.would_change(member=member, sheet=sheet, reason=reason, today=today):
        raise CorrectionNotValid(field="value", problem="与现在登记的内容相同，无需更正。")


def _ask_entry(asked: Correction, kind: str, wanted: Mapping[str, Any]) -> None:
    one = SETS[EntryKind(kind)] if kind in EntryKind.values else None
    if one is None or not one.may_ask:
        raise CorrectionNotValid(field="field", problem="这一项不能由本人申请。")
    values = {key: wanted.get(key) for key in (*_DAYS, "year")}
    data = {key: value for key, value in wanted.items() if key not in values}
    shown, sealed = entries.checked(one, data)
    entries.refuse_days(one, (values["began_on"], values["ended_on"]), values["year"])
    secrets = {key: text for key, text in sealed.items() if text}
    asked.wanted = {
        key: fields.plain(value)
        for key, value in {**shown, **values}.items()
        if value not in (None, "")
    } | {key: masked(text) for key, text in secrets.items()}
    if secrets:
        asked.sealed = unit_cipher().seal(json.dumps(secrets), column=_SEALED)


def _secrets(correction: Correction) -> dict[str, str]:
    if not correction.sealed:
        return {}
    opened: dict[str, str] = json.loads(unit_cipher().open(correction.sealed, column=_SEALED))
    return opened


def _wanted(correction: Correction) -> Any:
    return _secrets(correction).get("value", correction.wanted.get("value"))


def _row(correction: Correction) -> dict[str, Any]:
    """What ``entries.add`` takes."""
    values = {**correction.wanted, **_secrets(correction)}
    days = {key: dt.date.fromisoformat(values.pop(key)) if key in values else None for key in _DAYS}
    return {**days, "year": values.pop("year", None), "data": values}


def _sheet(member: Member, field: FileField, value: Any) -> filing.FileSheet:
    kept = value if field.kind is Kind.SEALED else fields.read(field, value)
    return replace(filing.sheet_of(member), **{field.key: kept})


def _kept(proof: Proof) -> tuple[str, str]:
    """Stores a proof; a picture without where it was taken.  Raises what it is refused for."""
    if len(proof.content) > LARGEST:
        raise CorrectionNotValid(field="proof", problem="附件不能超过 5 MB，请压缩后再上传。")
    name = proof.name[-120:]
    if proof.content.startswith(_PDF):
        return name, unit_files().save("proof.pdf", proof.content)
    picture = pictures.clean(proof.content)
    return name, unit_files().save(f"proof.{picture.ending}", picture.content)


def _picture(proof: Proof | None) -> Proof:
    """A photo to be put into the file.  Raises PictureRefused, CorrectionNotValid for none."""
    if proof is None:
        raise CorrectionNotValid(field="proof", problem="请选择一张照片。")
    return Proof(proof.name, pictures.clean(proof.content).content)


def proof_of(row: Correction) -> tuple[bytes, str]:
    """What was attached, and a name that says what it is.  Raises NoProof."""
    if not row.file_key:
        raise NoProof
    content = unit_files().read(row.file_key)
    ending = guess_extension(pictures.media_type_of(content) or "application/pdf")
    return content, f"{PurePath(row.file_name).stem or _PROOF}{ending}"


def _held(correction: Correction) -> Correction:
    """The request under lock.  Raises CorrectionDecided."""
    held = (
        Correction.objects.select_for_update(of=("self",))
        .select_related("member")
        .get(pk=correction.pk)
    )
    if held.state != Correction.State.WAITING:
        raise CorrectionDecided(state=held.get_state_display())
    return held


def _open(correction: Correction, actor: Actor) -> Correction:
    held = _held(correction)
    if actor.member_id == held.member_id or (
        held.asked_by is not None and held.asked_by == actor.person_id
    ):
        raise OwnCorrection
    return held


def _decide(
    held: Correction, state: Correction.State, answer: str, actor: Actor, now: dt.datetime
) -> Correction:
    held.state, held.answer = state, answer
    held.decided_at, held.decided_by, held.decided_by_name = now, actor.person_id, actor.name
    held.save()
    _record(f"member.correction_{state.value.lower()}", held, actor, now, answer=answer)
    return held


def _record(code: str, held: Correction, actor: Actor, now: dt.datetime, **more: Any) -> None:
    record(
        code,
        actor=actor, now=now, subject_type="member", subject_id=held.member_id,
        correction=str(held.pk), field=held.field, **more,
    )  # fmt: skip

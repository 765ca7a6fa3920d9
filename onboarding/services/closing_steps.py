"""Carrying out a closing whose 30 days are over, step by step.

Each step notes in the closing that it was done, and doing one again does no harm: whoever is
killed in between, the next run goes on where it stopped.  First the gate shuts, then the key is
destroyed, so that from there on nothing of the unit can be read anywhere, then what is left of
it goes.  At the end stands a numbered certificate.
"""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from kernel import cache, clock, crypto, storage
from kernel.actor import Actor
from kernel.clock import BEIJING
from kernel.errors import NotFound, TooMany
from kernel.jobs import job
from kernel.unit import Purpose, unit_context
from onboarding.models import Closing, ClosingState
from onboarding.services import abandoning, closing
from onboarding.services.closing import MoneyOutstanding
from shared_apps.payments.services import accounts
from shared_apps.settlement.services import accounts as dedicated
from tenants.archive import swap
from tenants.models import UnitState
from tenants.services import backups, keys, life_cycle, schemas, units
from tenants.services import closing as leftovers

_CHECKS: Final = 20
"""Certificates that one address may ask about in ten minutes."""


class NoCertificate(NotFound):
    code = "closing_certificate_missing"
    sentence = "注销还没有完成，尚未签发证明。"


class CheckedTooOften(TooMany):
    code = "certificate_checked_too_often"
    sentence = "查验过于频繁，请十分钟后再试。"


log = logging.getLogger(__name__)
ACTOR: Final = Actor.system("注销办理")
CHECK_LETTERS: Final = 12
_PURPOSE: Final = "closing-certificate"


@job(queue="bulk")
def sweep() -> None:
    """The periodic run over all units (``config.schedule``)."""
    now = clock.now()
    carry_out_due(now=now)
    abandoning.sweep(now=now)
    units.release_addresses(now=now)


def carry_out_due(*, now: dt.datetime) -> int:
    """Carries out every closing whose day has come; one that fails does not hold up others.

    Returns how many were finished.
    """
    due = Closing.objects.filter(state=ClosingState.RUNNING, due_at__lte=now)
    begun = Closing.objects.filter(state=ClosingState.FINISHING)
    ids = [*begun.values_list("pk", flat=True), *due.values_list("pk", flat=True)]
    finished = 0
    for closing_id in ids:
        try:
            carry_out(closing_id=closing_id, now=now)
        except MoneyOutstanding as blocked:
            log.warning("closing %s waits: %s", closing_id, blocked.message)
        except Exception:
            log.exception("closing %s was not carried out", closing_id)
        else:
            finished += 1
    return finished


def carry_out(*, closing_id: UUID, now: dt.datetime) -> Closing:
    """Does what is left to do.  Raises MoneyOutstanding when money came up meanwhile: the unit
    stays as it is and the amounts are shown; and ClosingPast before its day.
    """
    held = closing.by_id(closing_id)
    is_due = held.due_at is not None and held.due_at <= now
    if held.state != ClosingState.FINISHING and not (held.state == ClosingState.RUNNING and is_due):
        raise closing.ClosingPast(state=ClosingState(held.state).label)
    try:
        for name, _, step in STEPS:
            _once(closing_id, name, step, now)
    except MoneyOutstanding as blocking:
        Closing.objects.filter(pk=closing_id).update(blocked=blocking.data)
        raise
    return closing.by_id(closing_id)


def carry_out_unpapered(*, closing_id: UUID, now: dt.datetime) -> None:
    """The same for a unit that a probe opened: at once and without a certificate.

    Raises ClosingPast for any other unit.
    """
    held = closing.by_id(closing_id)
    if not held.unit.is_synthetic:
        raise closing.ClosingPast(state=ClosingState(held.state).label)
    for name, _, step in STEPS[:-1]:
        _once(closing_id, name, step, now)


def _once(
    closing_id: UUID, name: str, step: Callable[[Closing, dt.datetime], None], now: dt.datetime
) -> None:
    """Runs a step unless it was done; two processes take turns at the closing's row."""
    with transaction.atomic(using="owner"):
        rows = Closing.objects.using("owner").select_for_update(of=("self",))
        held = rows.select_related("unit").get(pk=closing_id)
        if name in held.steps:
            return
        step(held, now)
        held.steps = {**held.steps, name: now.isoformat()}
        held.save(using="owner")


def _count(held: Closing, now: dt.datetime) -> None:
    """What the unit holds, for the certificate; the last look at its money."""
    closing.require_settled(held.unit)
    with unit_context(held.unit_id, for_=Purpose.READING):
        rows = leftovers.rows_of(held.unit)
    held.counts = {"rows": rows, "files": storage.held(held.unit_id)}
    held.blocked = {}


def _shut(held: Closing, now: dt.datetime) -> None:
    """From here on the unit answers nobody, and nothing enters it any more."""
    if held.unit.state != UnitState.CLOSED:
        life_cycle.move(
            unit=held.unit, to=UnitState.CLOSED, reason="注销期满", actor=ACTOR, now=now
        )
    held.state = ClosingState.FINISHING


def _destroy_key(held: Closing, now: dt.datetime) -> None:
    destroyed_at = keys.destroy(unit_id=held.unit_id, now=now)
    held.counts = {**held.counts, "key_destroyed_at": destroyed_at.isoformat()}


def _drop_schema(held: Closing, now: dt.datetime) -> None:
    beside = [swap.old_name(held.unit), swap.side_name(held.unit)]
    schemas.drop_closed(unit=held.unit, beside=beside)


def _erase_files(held: Closing, now: dt.datetime) -> None:
    backups.expire_all(unit_id=held.unit_id)
    storage.erase(held.unit_id)


def _release_rows(held: Closing, now: dt.datetime) -> None:
    accounts.retire(unit_id=held.unit_id)
    dedicated.retire(unit_id=held.unit_id)
    deleted, kept = leftovers.release(unit_id=held.unit_id)
    held.counts = {**held.counts, "released": deleted, "kept": kept}


def _certify(held: Closing, now: dt.datetime) -> None:
    """Numbers are given without a gap within a year."""
    leftovers.lock_numbers()
    prefix = f"ZX{now.astimezone(BEIJING):%Y}"
    given = Closing.objects.using("owner").filter(number__startswith=prefix).count()
    held.number = f"{prefix}{given + 1:06d}"
    held.finished_at, held.state = now, ClosingState.FINISHED
    held.document = _document(held)
    content = canonical(held.document)
    held.digest = crypto.digest(content)
    held.signature = crypto.platform_cipher().signature(content, purpose=_PURPOSE).hex()


STEPS: Final[tuple[tuple[str, str, Callable[[Closing, dt.datetime], None]], ...]] = (
    ("counted", "核对款项，清点数据", _count),
    ("shut", "关闭访问", _shut),
    ("key", "销毁密钥", _destroy_key),
    ("schema", "删除数据库", _drop_schema),
    ("files", "删除文件与备份", _erase_files),
    ("rows", "释放平台登记", _release_rows),
    ("certificate", "签发注销证明", _certify),
)


def canonical(document: dict[str, Any]) -> bytes:
    """The bytes that are digested and signed: sorted keys, no spaces, UTF-8."""
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return text.encode()


def is_genuine(held: Closing) -> bool:
    """Whether the certificate is the one that the platform signed."""
    content = canonical(held.document)
    signature = crypto.platform_cipher().signature(content, purpose=_PURPOSE).hex()
    return signature == held.signature and crypto.digest(content) == held.digest


def certificate_of(closing_id: UUID) -> Closing:
    """A closing that has its certificate; raises NoCertificate before it is finished."""
    held = closing.by_id(closing_id)
    if held.state != ClosingState.FINISHED:
        raise NoCertificate
    return held


def certificate(*, number: str, check: str, actor: Actor) -> Closing | None:
    """The certificate of that number, for whoever holds it: the first letters of its signature
    stand on it.  None for a wrong number, wrong letters or a changed document.

    Raises CheckedTooOften.
    """
    if cache.count(f"certificate-check:{actor.ip}", seconds=600) > _CHECKS:
        raise CheckedTooOften
    held = Closing.objects.filter(number=number.strip().upper()).exclude(number="").first()
    wanted = check.strip().lower()
    if held is None or len(wanted) != CHECK_LETTERS or not held.signature.startswith(wanted):
        return None
    return held if is_genuine(held) else None


def done_at(held: Closing, step: str) -> dt.datetime:
    """When a step was done."""
    return dt.datetime.fromisoformat(held.steps[step])


def kept_in_words(held: Closing) -> list[tuple[str, int]]:
    """What stays of the unit for the law's and the bank's sake, and how many rows of it."""
    kept = held.counts.get("kept", {})
    words = leftovers.kept_for()
    return [(words.get(table, table), count) for table, count in kept.items()]


def _document(held: Closing) -> dict[str, Any]:
    unit = held.unit
    return {
        "number": held.number,
        "unit": {"name": unit.name, "credit_code": unit.credit_code, "id": str(unit.pk)},
        "opened_at": unit.opened_at.isoformat() if unit.opened_at else None,
        "reason": held.reason,
        "requested": {"by": held.requested_by_name, "at": held.requested_at.isoformat()},
        "confirmed": {
            "by": held.confirmed_by_name,
            "at": held.confirmed_at.isoformat() if held.confirmed_at else None,
        },
        "due_at": held.due_at.isoformat() if held.due_at else None,
        "steps": held.steps,
        "counts": held.counts,
        "finished_at": held.finished_at.isoformat() if held.finished_at else None,
    }

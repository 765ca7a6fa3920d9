"""Exchange files on their way out: ordered, approved where numbers are full, written by a job."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db import transaction

from kernel import clock
from kernel.actor import Actor
from kernel.errors import Conflict
from kernel.jobs import job
from kernel.storage import unit_files
from kernel.unit import Purpose, current_unit, current_unit_id
from onboarding.exchange import manifest, sets, writing
from onboarding.services.update_sources import OFFICE
from shared_apps.rules.selectors import codes
from tenant_apps.admissions.selectors import exchange as admissions
from tenant_apps.audit.services import record_each
from tenant_apps.members.selectors import exchange as members
from tenant_apps.members.selectors.updates import OrderState, order_row
from tenant_apps.members.services import set_orders
from tenant_apps.organizations import selectors as tree
from tenant_apps.organizations.permissions import OrganizationPermission
from tenant_apps.organizations.selectors import exchange as organizations
from tenants.services import turns

if TYPE_CHECKING:
    from tenant_apps.members.models import Export

Batches = Iterator[list[dict[str, Any]]]
AT_ONCE: Final = 3_000
"""Rows up to which the file is made while the person waits."""
SUBJECTS: Final = ("member", "organization", "applicant")
"""Whom the sets are about that can be taken away."""
_BATCH: Final = 2_000


class NothingToExport(Conflict):
    code = "set_nothing_to_export"
    sentence = "没有符合条件的记录，未生成文件。请调整范围或起始时间。"


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants: a set, its form, since when, with those who left or not, of the whole
    reach or of the sub-tree of one organisation.
    """

    set_name: str
    form: writing.Form
    since: dt.date | None = None
    with_departed: bool = False
    is_full: bool = False
    reason: str = ""
    org_id: UUID | None = None


def request(*, order: Order, actor: Actor, now: dt.datetime) -> Export:
    """Orders a file.  Small ones are there on return, others a job writes; one with full identity
    numbers waits for a second administrator.

    Raises UnknownSet, NothingToExport, SetReasonNeeded, and OrganizationNotFound outside the
    actor's reach.
    """
    wanted = sets.named(order.set_name)
    place = _place(order, actor)
    paths = (place.path,) if place else actor.scopes(*OFFICE)
    total = _Source(wanted, paths, order).count()
    if not total:
        raise NothingToExport
    with transaction.atomic():
        export = set_orders.order(
            wanted={
                "set": wanted.name,
                "title": wanted.title,
                "form": order.form,
                "mapping": wanted.version,
                "dictionary": codes.dictionary_version(),
                "since": order.since.isoformat() if order.since else "",
                "with_departed": order.with_departed,
                "org": str(place.pk) if place else "",
                "org_name": place.name if place else "",
            },
            file_name=_file_name(wanted, total, now),
            total=total,
            reason=order.reason,
            is_full=order.is_full,
            roles=OFFICE,
            actor=actor,
            now=now,
        )
        if not order.is_full and total > AT_ONCE:
            turns.ask(write, current_unit_id(), export_id=export.pk)
    if not order.is_full and total <= AT_ONCE:
        write(export_id=export.pk)
        export.refresh_from_db()
    return export


def decide(*, export: Export, approve: bool, note: str, actor: Actor, now: dt.datetime) -> Export:
    """A second administrator approves or refuses; raises OwnOrder, OrderDecided."""
    with transaction.atomic():
        held = set_orders.decide(export=export, approve=approve, note=note, actor=actor, now=now)
        if approve:
            turns.ask(write, current_unit_id(), export_id=held.pk)
    return held


@job(queue="export", for_=Purpose.KEPT_OPEN)
def write(*, export_id: UUID) -> None:
    """Writes the bundle of an order.  Run twice it writes twice; the row keeps the last one."""
    export = order_row(export_id)
    if export.state not in (OrderState.WAITING, OrderState.RUNNING):
        return
    asked = export.order
    wanted = sets.named(asked["set"], mapping=asked["mapping"])
    order = Order(
        wanted.name,
        asked["form"],
        dt.date.fromisoformat(asked["since"]) if asked["since"] else None,
        asked["with_departed"],
        asked["is_full"],
    )
    paths = _paths_of(export)
    source = _Source(wanted, paths, order)
    set_orders.advance(export, state=OrderState.RUNNING, done=0)
    try:
        key = _written(export, wanted, source, order)
    except Exception:
        set_orders.advance(export, state=OrderState.FAILED)
        raise
    with transaction.atomic():
        set_orders.advance(export, state=OrderState.DONE, file_key=key, finished_at=clock.now())
        if order.is_full:
            _note_in_files(export, source)


def _place(order: Order, actor: Actor) -> Any:
    """The organisation whose sub-tree is wanted, within what the actor administers."""
    if order.org_id is None:
        return None
    place = tree.organization_for(actor, order.org_id, to=OrganizationPermission.BROWSE)
    if not any(place.path.startswith(scope) for scope in actor.scopes(*OFFICE)):
        raise tree.OrganizationNotFound
    return place


def _paths_of(export: Export) -> tuple[str, ...]:
    """The sub-trees of an order as the tree is now: nothing where the place has left the reach."""
    reach = tuple(scope for _, scope in export.roles)
    if not export.order.get("org"):
        return reach
    place = tree.organizations_by_id([UUID(export.order["org"])]).get(UUID(export.order["org"]))
    if place is None or not any(place.path.startswith(scope) for scope in reach):
        return ()
    return (place.path,)


def _note_in_files(export: Export, source: _Source) -> None:
    """A line in the file of each member whose full number left (rulebook 12.2)."""
    record_each(
        "members.exported_in_full",
        actor=Actor(kind="job", name=export.requested_by_name, person_id=export.requested_by),
        now=clock.now(),
        subject_type="member",
        subject_ids=source.member_ids(),
        reason=export.order["reason"],
    )


def _written(export: Export, wanted: sets.ExchangeSet, source: _Source, order: Order) -> str:
    def progress(done: int) -> None:
        set_orders.advance(export, done=min(done, export.total))

    name = export.file_name.removesuffix(".zip") + f".{order.form}"
    with tempfile.TemporaryFile() as file, tempfile.TemporaryFile() as packed:
        rows = writing.write(wanted, _counted(source.batches(), progress), file, form=order.form)
        manifest.bundle(file=file, name=name, told=_told(export, wanted, rows, order), out=packed)
        packed.seek(0)
        return unit_files().save_stream("exchange.zip", packed)


def _told(export: Export, wanted: sets.ExchangeSet, rows: int, order: Order) -> dict[str, Any]:
    unit = current_unit()
    return {
        "set": wanted.name,
        "title": wanted.title,
        "mapping": wanted.version,
        "dictionary": export.order["dictionary"],
        "unit": {"name": unit.name, "credit_code": unit.credit_code},
        "rows": rows,
        "since": export.order["since"],
        "organization": export.order.get("org_name", ""),
        "with_departed": order.with_departed,
        "numbers": "full" if order.is_full else "masked",
        "made_at": clock.now().isoformat(timespec="seconds"),
        "export": str(export.pk),
    }


class _Source:
    """Where the records of a set come from."""

    def __init__(self, wanted: sets.ExchangeSet, paths: tuple[str, ...], order: Order) -> None:
        self._wanted, self._paths, self._order = wanted, paths, order
        since = dt.datetime.combine(order.since, dt.time(), clock.BEIJING) if order.since else None
        self._members = members.Wanted(paths, since, order.with_departed or since is not None)

    def count(self) -> int:
        if self._wanted.subject == "member":
            return self._members.members().count()
        return sum(len(batch) for batch in self.batches())

    def member_ids(self) -> list[UUID]:
        """Whose records these are."""
        if self._wanted.subject != "member":
            return []
        return list(self._members.members().values_list("pk", flat=True))

    def batches(self) -> Batches:
        if self._wanted.subject == "member":
            return members.member_records(
                self._members, is_full=self._order.is_full, today=clock.today()
            )
        if self._wanted.subject == "organization":
            return self._organizations()
        if self._wanted.subject == "applicant":
            return _in_batches(
                admissions.case_records(
                    self._paths,
                    is_full=self._order.is_full,
                    with_ended=self._members.with_departed,
                    since=self._members.since,
                )
            )
        raise sets.UnknownSet(name=self._wanted.name)

    def _organizations(self) -> Batches:
        found = organizations.organization_records(
            self._paths,
            is_full=self._order.is_full,
            with_ended=self._members.with_departed,
            since=self._members.since,
        )
        counts = members.residents_of(self._paths)
        offices = members.secretaries_of(self._paths)
        owner = current_unit().name
        records = [
            {**record, **offices.get(pk, {}), "members": counts.get(pk, 0), "owner": owner}
            for pk, record in found
        ]
        return _in_batches(records)


def _in_batches(records: list[dict[str, Any]]) -> Batches:
    for start in range(0, len(records), _BATCH):
        yield records[start : start + _BATCH]


def _counted(batches: Batches, progress: Callable[[int], None]) -> Batches:
    done = 0
    for batch in batches:
        yield batch
        done += len(batch)
        progress(done)


def _file_name(wanted: sets.ExchangeSet, total: int, now: dt.datetime) -> str:
    """With the version of the dictionary (rulebook 8.4)."""
    day = clock.day_of(now)
    return f"{wanted.title}-代码{codes.dictionary_version()}-{day:%Y%m%d}-{total}条.zip"

"""Storing a confirmed roster: chunk by chunk, resumable at any point, nobody made twice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from django.db import transaction

from kernel import clock
from kernel.actor import Actor
from kernel.clock import Month
from kernel.errors import Conflict, DomainError, NotFound
from kernel.jobs import job
from kernel.unit import shared_context, unit_context
from onboarding.models import (
    ImportState,
    Opening,
    OpeningState,
    RosterImport,
)
from onboarding.roster import codec
from onboarding.roster.organisations import OrgKind, short_key
from onboarding.roster.understanding import MemberRow, OrgNode
from onboarding.services import claims, collector, files, first_root, reading, review, timeline
from onboarding.services.ahead import one_ahead
from shared_apps.people.services import affiliations
from shared_apps.rules.selectors import codes
from shared_apps.usage.services import outbox
from tenant_apps.audit.services import record
from tenant_apps.dues.services import standards
from tenant_apps.members.services import intake as members
from tenant_apps.members.services.sealing import Sealer
from tenant_apps.organizations.services import intake as organizations
from tenant_apps.organizations.services.intake import Planted
from tenants.models import UnitState
from tenants.services import life_cycle, schemas, turns

CHUNK: Final = 5_000
"""Rows per transaction: about a second of work, so that progress is seen and little is redone."""
_GENDERS: Final = {"1": "M", "2": "F"}


class _Chunk(NamedTuple):
    """Accepted rows by their keys, and the same sealed for the unit."""

    rows: dict[str, MemberRow]
    prepared: members.Prepared


class NotReviewed(Conflict):
    code = "roster_not_reviewed"
    sentence = "这份名册当前是「{state}」，不能确认。请刷新页面查看最新状态。"


class ConfirmedBySomebodyElse(Conflict):
    code = "roster_confirmed_by"
    sentence = "{officer} 已在 {when} 确认了这份名册，正在导入，请到导入进度页查看。"


class OpeningHeld(Conflict):
    code = "opening_held_by"
    sentence = "「{unit}」正由 {officer} 开通，请到该单位的页面查看进度。"


class NobodyToImport(Conflict):
    code = "roster_without_members"
    sentence = "名册里没有可以导入的党员，请先更正列的对应关系或修改名册后重新上传。"


class NothingToResume(NotFound):
    code = "roster_nothing_to_resume"
    sentence = "这次导入没有中断，不需要继续。"


def confirm(*, held: RosterImport, actor: Actor, now: dt.datetime) -> RosterImport:
    """Has the roster stored by a job.  Raises what ``approve`` raises."""
    with transaction.atomic():
        row = approve(held=held, actor=actor, now=now)
        turns.ask(store, row.unit_id, import_id=row.id)
    return row


@transaction.atomic
def approve(*, held: RosterImport, actor: Actor, now: dt.datetime) -> RosterImport:
    """Says that the roster may be stored; the unit goes from draft to opening.

    Of two officers who confirm at once one wins; the other gets ConfirmedBySomebodyElse or
    OpeningHeld, with the name and ``import_id``/``unit_id`` to go to.  Raises NotReviewed and
    NobodyToImport.
    """
    openings = Opening.objects.select_for_update(of=("self",)).select_related("unit")
    opening = openings.get(unit_id=held.unit_id)
    row = RosterImport.objects.select_for_update().get(pk=held.pk)
    _refuse_unconfirmable(row, opening)
    row.state, row.confirmed_at = ImportState.CONFIRMED, now
    row.confirmed_by, row.confirmed_by_name = actor.person_id, actor.name
    row.claimed_until, row.attempts = None, 0
    row.save(
        update_fields=[
            "state", "confirmed_at", "confirmed_by", "confirmed_by_name", "claimed_until",
            "attempts",
        ]
    )  # fmt: skip
    _hold(opening, actor, now)
    timeline.record(
        "roster.confirmed",
        unit_id=row.unit_id,
        actor=actor,
        now=now,
        import_id=str(row.id),
        accepted=row.accepted_count,
        rejected=row.rejected_count,
    )
    return row


@job(queue="bulk")
def store(*, import_id: UUID) -> None:
    """Stores what is not stored yet.  Killed at any point, the next one goes on from there."""
    held = claims.take(
        import_id=import_id,
        states=(ImportState.CONFIRMED, ImportState.IMPORTING),
        now=clock.now(),
        lease=claims.IMPORT_LEASE,
    )
    if held is None:
        return
    if held.attempts > claims.MOST_ATTEMPTS + held.accepted_count // CHUNK:
        reading.fail(held, code="import_gave_up", message="导入多次中断，已停止。请联系平台运维。")
        return
    try:
        run(held)
    except DomainError as refused:
        reading.fail(held, code=refused.code, message=refused.message)


@collector.paused()
def run(held: RosterImport) -> None:
    """Plants the tree, then stores chunk after chunk from ``done_rows`` on, then finishes."""
    actor = Actor(kind="job", name=held.confirmed_by_name, person_id=held.confirmed_by)
    if not held.unit.schema_version:
        schemas.provision(unit=held.unit)
    claims.write(held, state=ImportState.IMPORTING)
    with unit_context(held.unit_id):
        shown = review.unpack(files.read("review", held.review_key))
        rows = codec.unpack(files.read("accepted", held.accepted_key))
        places = _plant(held, shown.organisations, actor)
        sealer = Sealer()
        chunks = (chunk for _, chunk in rows.chunks(CHUNK, start=held.done_rows))
        for chunk in one_ahead(lambda rows: _ready(rows, places, sealer), chunks):
            store_chunk(held, chunk, actor)
    _finish(held, actor)


def _ready(chunk: Sequence[MemberRow], places: Mapping[str, Planted], sealer: Sealer) -> _Chunk:
    members_of_chunk = [_member(row, places) for row in chunk]
    return _Chunk(
        {new.row_key: row for new, row in zip(members_of_chunk, chunk, strict=True)},
        members.prepare(members_of_chunk, sealer=sealer),
    )


def store_chunk(held: RosterImport, chunk: _Chunk, actor: Actor) -> None:
    """One transaction: members, their standards, their sign-in marks and the progress."""
    now = clock.now()
    with transaction.atomic():
        stored = members.store_prepared(
            prepared=chunk.prepared, import_id=held.id, actor=actor, now=now
        )
        made = [(one.member_id, chunk.rows[one.row_key]) for one in stored.made]
        dues_fen = _fix_dues(held, made, actor, now)
        with shared_context():
            affiliations.record(
                unit_id=held.unit_id,
                unit_role=held.unit.schema_name,
                rows=[
                    (member_id, row.phone or None, row.identity_number) for member_id, row in made
                ],
            )
            claims.write(
                held,
                done_rows=held.done_rows + len(chunk.rows),
                made_count=held.made_count + len(made),
                made_dues_fen=held.made_dues_fen + dues_fen,
                already_known_count=held.already_known_count + len(stored.already_known),
                heartbeat_at=now,
                claimed_until=now + claims.IMPORT_LEASE,
            )


def _fix_dues(
    held: RosterImport, made: Sequence[tuple[UUID, MemberRow]], actor: Actor, now: dt.datetime
) -> int:
    return standards.set_from_roster(
        rows=[
            standards.NewStandard(member_id, row.dues_category, row.dues_base_fen)
            for member_id, row in made
        ],
        month=Month.of(clock.day_of(held.confirmed_at or now)),
        import_id=held.id,
        actor=actor,
        now=now,
    )


@job()
def sweep() -> None:
    """Sends again whatever waits for a worker that died or a message that got lost."""
    for row in claims.waiting(now=clock.now()):
        if row.state in (ImportState.UPLOADED, ImportState.READING):
            turns.ask(reading.read, row.unit_id, import_id=row.id)
        else:
            turns.ask(store, row.unit_id, import_id=row.id)


def resume(*, held: RosterImport, actor: Actor, now: dt.datetime) -> None:
    """Lets an import that failed halfway go on; raises NothingToResume."""
    with transaction.atomic():
        changed = RosterImport.objects.filter(
            pk=held.pk, state=ImportState.FAILED, confirmed_at__isnull=False
        ).update(state=ImportState.CONFIRMED, attempts=0, claimed_until=None, error_code="",
                 error_message="")  # fmt: skip
        if not changed:
            raise NothingToResume
        timeline.record(
            "roster.resumed", unit_id=held.unit_id, actor=actor, now=now, import_id=str(held.id)
        )
        turns.ask(store, held.unit_id, import_id=held.id)


def _refuse_unconfirmable(row: RosterImport, opening: Opening) -> None:
    if row.state in (ImportState.CONFIRMED, ImportState.IMPORTING, ImportState.DONE):
        when = (row.confirmed_at or row.uploaded_at).astimezone(clock.BEIJING)
        raise ConfirmedBySomebodyElse(
            officer=row.confirmed_by_name, when=f"{when:%Y-%m-%d %H:%M}", import_id=str(row.id)
        )
    if row.state != ImportState.REVIEW:
        raise NotReviewed(state=ImportState(row.state).label)
    if not row.accepted_count:
        raise NobodyToImport
    if opening.state == OpeningState.OPENING and opening.holder_name:
        raise OpeningHeld(
            unit=opening.unit.name, officer=opening.holder_name, unit_id=str(opening.unit_id)
        )


def _hold(opening: Opening, actor: Actor, now: dt.datetime) -> None:
    if opening.unit.state == UnitState.DRAFT:
        life_cycle.move(unit=opening.unit, to=UnitState.OPENING, actor=actor, now=now)
    if opening.state == OpeningState.REGISTERED:
        opening.state = OpeningState.OPENING
    opening.holder_id, opening.holder_name = actor.person_id, actor.name
    opening.save(update_fields=["state", "holder_id", "holder_name"])


def _plant(held: RosterImport, nodes: Sequence[OrgNode], actor: Actor) -> dict[str, Planted]:
    """The tree in a transaction of its own; planting it again finds what is there."""
    first_root.give_way(actor=actor, now=clock.now())
    return organizations.plant_tree(
        nodes=[
            organizations.NewOrganization(
                key=node.key,
                name=node.name[:120],
                short_name=short_name(node, held.unit.name),
                kind=node.kind.value,
                parent_key=node.parent_key,
                code=node.code[:40],
                founded_on=node.founded_on,
                term_ends_on=node.term_ends_on,
            )
            for node in nodes
        ],
        import_id=held.id,
        actor=actor,
        now=clock.now(),
    )


def short_name(node: OrgNode, unit_name: str) -> str:
    """中共彭城水务集团东城1总支部委员会 -> 东城1党总支: what fits into a tree and a column."""
    if node.parent_key is None:
        return f"{unit_name}党委"[:60] if node.kind == OrgKind.COMMITTEE else node.name[:60]
    bare = short_key(node.name, unit_name)
    for word in ("总支", "支部"):
        if bare.endswith(word) and not bare.endswith(f"党{word}"):
            bare = f"{bare.removesuffix(word)}党{word}"
            break
    return bare[:60] or node.name[:60]


def _member(row: MemberRow, places: Mapping[str, Planted]) -> members.NewMember:
    place = places[row.org_key]
    return members.NewMember(
        row_key=_key(row),
        org_id=place.id,
        org_path=place.path,
        name=row.name[:60],
        category=row.person_category,
        identity_number=row.identity_number,
        phone=row.phone or None,
        gender=_GENDERS.get(row.gender, ""),
        ethnicity=row.ethnicity[:20],
        birth_on=row.birth_on,
        education=codes.table("education").label_of(row.education),
        joined_on=row.joined_on,
        full_on=row.full_on,
        posts=row.posts[:80],
    )


def _key(row: MemberRow) -> str:
    return f"{row.sheet}:{row.row}"


def _finish(held: RosterImport, actor: Actor) -> None:
    """The unit begins to answer; the accepted rows are in its tables now and go from storage."""
    now = clock.now()
    spent = (held.source_key, held.accepted_key, held.corrections_key)
    with transaction.atomic():
        with unit_context(held.unit_id) as unit:
            outbox.emit(unit=unit, kind="imports", now=now, delta=1)
            record(
                "roster.imported", actor=actor, now=now, subject_type="import",
                subject_id=held.id, made=held.made_count, known=held.already_known_count,
                rejected=held.rejected_count,
            )  # fmt: skip
            standards.report_confirmed(now)
        claims.write(
            held, state=ImportState.DONE, done_at=now, claimed_until=None,
            source_key="", accepted_key="", corrections_key="",
        )  # fmt: skip
        _open(held, actor, now)
        timeline.record(
            "roster.imported", unit_id=held.unit_id, actor=actor, now=now,
            import_id=str(held.id), made=held.made_count, known=held.already_known_count,
            rejected=held.rejected_count,
        )  # fmt: skip
    with unit_context(held.unit_id):
        files.drop(*spent)


def _open(held: RosterImport, actor: Actor, now: dt.datetime) -> None:
    openings = Opening.objects.select_for_update(of=("self",)).select_related("unit")
    opening = openings.get(unit_id=held.unit_id)
    if opening.unit.state == UnitState.OPENING:
        life_cycle.move(unit=opening.unit, to=UnitState.TRIAL, actor=actor, now=now)
    opening.state, opening.holder_id, opening.holder_name = OpeningState.OPENED, None, ""
    opening.opened_at = opening.opened_at or now
    opening.save(update_fields=["state", "holder_id", "holder_name", "opened_at"])

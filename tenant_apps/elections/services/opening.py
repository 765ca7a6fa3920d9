"""Opening a case: a re-election, a by-election, an extension; and giving one up."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction

from kernel.actor import Actor
from kernel.clock import day_of
from kernel.errors import Conflict, Invalid
from tenant_apps.elections.models import Act, CaseKind, Election, Profile, Verdict
from tenant_apps.elections.selectors import cases, inspection
from tenant_apps.elections.selectors.terms import is_elected, latest_extension
from tenant_apps.elections.services.acting import (
    CaseClosed,
    DayDoesNotFit,
    DocumentNeeded,
    Paper,
    ReasonNeeded,
    add_step,
    hold,
    locked,
)


class NotElected(Invalid):
    code = "election_body_not_elected"
    sentence = "「{name}」是{kind}，{why}，不单独进行换届选举。"


class AlreadyOpen(Conflict):
    code = "election_already_open"
    sentence = "「{name}」已有一项{kind}正在办理，请先办结或终止。"


class TermUnknown(Conflict):
    code = "election_term_unknown"
    sentence = "「{name}」没有登记任期届满日期，请先在组织信息中补登。"


class ExtensionTooLong(Invalid):
    code = "election_extension_too_long"
    sentence = "延期一般不超过一年：本届任期至 {original}，最迟延至 {latest}。"


@transaction.atomic
def start(
    *, org: Any, kind: CaseKind, paper: Paper, is_reminder: bool, actor: Actor, now: dt.datetime
) -> Election:
    """Opens a re-election or a by-election; its state is 0.

    ``is_reminder`` says that the committee above reminded the body (six months before the end,
    支部工作条例); otherwise the body begins of itself.  Raises NotElected, AlreadyOpen.
    """
    refuse_appointed(org)
    (org,) = hold([org.pk])
    under_way = cases.open_case(org.pk)
    if under_way is not None:
        raise _already_open(org, under_way)
    before = cases.last_held(org.pk)
    election = _opened(
        org,
        paper=paper,
        now=now,
        kind=kind,
        act=Act.DECIDE,
        profile=before.profile if before else Profile.GENERAL,
    )
    add_step(
        election, act=Act.OPEN, paper=paper, verdict=Verdict.DONE,
        data={"is_reminder": is_reminder}, actor=actor, now=now,
    )  # fmt: skip
    return election


@transaction.atomic
def ask_extension(
    *, org: Any, until: dt.date, paper: Paper, actor: Actor, now: dt.datetime
) -> Election:
    """Asks the committee above to let the term last longer, at most a year beyond its own end.

    An extension of an extension counts from that same end.  Raises NotElected, TermUnknown,
    AlreadyOpen, ExtensionTooLong, ReasonNeeded, DayDoesNotFit, DocumentNeeded.
    """
    (org,) = hold([org.pk])
    name = org.short_name or org.name
    refuse_appointed(org)
    if org.term_ends_on is None:
        raise TermUnknown(name=name)
    if not paper.note.strip():
        raise ReasonNeeded
    if not paper.document.strip():
        raise DocumentNeeded
    if until <= org.term_ends_on:
        raise DayDoesNotFit(problem=f"延期后的届满日期应晚于现任期届满日 {org.term_ends_on}。")
    original = original_end(org)
    latest = latest_extension(original)
    if until > latest:
        raise ExtensionTooLong(original=original, latest=latest)
    election = _opened(
        org,
        paper=paper,
        now=now,
        kind=CaseKind.EXTENSION,
        act=Act.REPLY,
        old_ends_on=org.term_ends_on,
        new_ends_on=until,
    )
    add_step(
        election, act=Act.REQUEST, paper=paper, verdict=Verdict.DONE,
        data={"until": until.isoformat()}, actor=actor, now=now,
    )  # fmt: skip
    return election


def refuse_appointed(org: Any) -> None:
    """Raises NotElected for a body that is appointed, temporary, or elected with its committee."""
    if is_elected(org.kind):
        return
    is_commission = org.kind == inspection.KIND
    why = "在党委换届的同一次大会上选举产生" if is_commission else "由上级委派或随任务设立"
    raise NotElected(name=org.short_name or org.name, kind=org.get_kind_display(), why=why)


def original_end(org: Any) -> dt.date:
    """When the present term ends of itself, before any extension of it."""
    granted = Election.objects.filter(org_id=org.pk, kind=CaseKind.EXTENSION, act=Act.DONE)
    held = cases.last_held(org.pk)
    if held is not None and held.closed_at is not None:
        granted = granted.filter(closed_at__gt=held.closed_at)
    first = granted.order_by("closed_at").first()
    end: dt.date = first.old_ends_on if first and first.old_ends_on else org.term_ends_on
    return end


@transaction.atomic
def cancel(*, election: Election, reason: str, actor: Actor, now: dt.datetime) -> Election:
    """Gives a case up, with the reason.  Nothing of what was done is erased.

    Raises CaseClosed, and ReasonNeeded without one.
    """
    held = locked(election)
    if held.closed_at is not None:
        raise CaseClosed(state=Act(held.act).label)
    if not reason.strip():
        raise ReasonNeeded
    held.act, held.closed_at = Act.CANCELLED, now
    held.save(update_fields=["act", "closed_at"])
    paper = Paper(happened_on=day_of(now), note=reason)
    add_step(
        held, act=Act.CANCELLED, paper=paper, verdict=Verdict.DONE, data={}, actor=actor, now=now
    )
    return held


def _opened(org: Any, *, paper: Paper, now: dt.datetime, **columns: Any) -> Election:
    if paper.happened_on > day_of(now):
        raise DayDoesNotFit(problem="日期不能晚于今天。")
    try:
        with transaction.atomic():
            made: Election = Election.objects.create(
                org_id=org.pk,
                org_path=org.path,
                acted_on=paper.happened_on,
                opened_at=now,
                **columns,
            )
    except IntegrityError as clash:
        is_extension = columns["kind"] == CaseKind.EXTENSION
        found = cases.open_extension(org.pk) if is_extension else cases.open_case(org.pk)
        if found is None:
            raise
        raise _already_open(org, found) from clash
    return made


def _already_open(org: Any, found: Election | None) -> AlreadyOpen:
    label = CaseKind(found.kind).label if found else ""
    return AlreadyOpen(name=org.short_name or org.name, kind=label)

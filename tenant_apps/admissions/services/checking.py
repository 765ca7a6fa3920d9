"""The code on a printed paper, and what whoever scans it is told: less than the paper says."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from django.db.models import Max

from kernel import crypto
from kernel.clock import day_of
from tenant_apps.admissions.models import Case, Step, StepState
from tenant_apps.transfers.selectors.checking import masked_name

_PURPOSE: Final = "admissions.paper"
_LIFE: Final = dt.timedelta(days=365 * 30)
TITLES: Final = {
    "notice": "发展对象公示",
    "register": "入党积极分子培养教育考察登记表",
    "probation": "预备党员教育考察登记表",
    "resolution": "支部大会决议",
    "file": "发展党员纪实",
}
OF_A_STEP: Final = {"notice": "candidate_notice", "resolution": "meeting"}
"""Papers that tell of one step; the others tell of the case as it was when they were printed."""
_STANDS: Final = (StepState.BEGUN, StepState.DONE, StepState.FAILED)
"""A vote that failed was held all the same, and its minutes say so."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A genuine paper.  ``is_void`` when its step was taken back or done again; ``is_outdated``
    when the case went on after it was printed.
    """

    title: str
    name_masked: str
    org_name: str
    on: dt.date
    is_void: bool
    is_outdated: bool


def code_for(*, case: Case, what: str, step: Step | None, now: dt.datetime) -> str:
    """What the code on a paper holds: which paper of which case or step, and when it was printed.

    Of a step it is signed with the step's own moment, so that the paper always bears the same.
    """
    about = {"what": what, "case": case.pk.hex}
    if step is not None and what in OF_A_STEP:
        return crypto.sign({**about, "step": step.pk.hex}, purpose=_PURPOSE, now=step.given_at)
    printed = int(now.timestamp())
    return crypto.sign({**about, "printed": printed}, purpose=_PURPOSE, now=now)


def check(code: str, *, now: dt.datetime) -> Checked | None:
    """The paper of a code; None for one of another unit, or one that was made up."""
    try:
        held = crypto.unsign(code, purpose=_PURPOSE, now=now, max_age=_LIFE)
    except crypto.BadLink:
        return None
    case = Case.objects.select_related("org").filter(pk=held["case"]).first()
    if case is None:
        return None
    step = case.steps.filter(pk=held["step"]).first() if "step" in held else None
    printed_at = dt.datetime.fromtimestamp(held.get("printed", 0), tz=dt.UTC)
    return Checked(
        title=TITLES[held["what"]],
        name_masked=masked_name(case.name),
        org_name=case.org.name,
        on=step.on if step else day_of(printed_at),
        is_void=step is not None and not _stands(case, step),
        is_outdated=step is None and _went_on(case, printed_at),
    )


def _stands(case: Case, step: Step) -> bool:
    later = case.steps.filter(act=step.act, attempt__gt=step.attempt, state__in=_STANDS)
    return step.state in _STANDS and not later.exists()


def _went_on(case: Case, at: dt.datetime) -> bool:
    """Whether anything was written after the second in which it was printed."""
    until = at + dt.timedelta(seconds=1)
    steps = case.steps.aggregate(given=Max("given_at"), decided=Max("decided_at"))
    noted = case.notes.aggregate(at=Max("recorded_at"))["at"]
    return any(moment and moment >= until for moment in (*steps.values(), noted))

"""The development set of the exchange format held against the open cases (rulebook 2.1 and 8.2).

A file may correct who somebody is and bring applications that are not kept here yet.  What people
resolve step by step (activist, candidate, admission) is only reported, never taken over.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, Final
from uuid import UUID

from kernel import clock
from kernel.actor import Actor
from kernel.masks import masked
from onboarding.exchange.checking import Record
from onboarding.services.organization_updates import Found
from tenant_apps.admissions.selectors import exchange
from tenant_apps.admissions.services import closing, opening
from tenant_apps.members.selectors.updates import RowKind, RowOutcome
from tenant_apps.members.services.proposing import Pairs, Proposal, Refused
from tenant_apps.organizations import selectors as organizations

_WRITTEN: Final = ("name", "workplace")
_NUMBER: Final = "identity"
_DAY: Final = "applied_on"
_RESOLVED: Final = ("activist_on", "joined_on", "full_on")
_IN_THE_PARTY: Final = ("PROBATIONARY", "FULL")
_ON_THE_WAY: Final = ("ACTIVIST", "CANDIDATE")
_CHANGED_SINCE: Final = "核对之后，这份申请的同一项又有更改"
_LATER: Final = "接受后登记为入党申请人；确定积极分子等步骤请在发展党员中按规定补录"
_LAYOUT: Final = "25"


def compare(
    records: Sequence[Record], paths: tuple[str, ...], find: Callable[[str], UUID | None]
) -> Found:
    """Holds a whole file against the open cases; ``find`` knows the branches within reach."""
    cases = {str(one.record[_NUMBER]): one for one in exchange.open_cases(paths)}
    found, named = Found(), set()
    for record in records:
        found.counts["rows"] += 1
        number = str(record.values[_NUMBER])
        case = cases.get(number)
        if case is None:
            _unknown(record, find(str(record.values["org"])), found)
            continue
        named.add(number)
        _differs(record, case, find(str(record.values["org"])), found)
    found.proposals += [
        Proposal(
            "", RowKind.MISSING, str(case.record["name"]), org_id=case.org_id,
            identity_masked=masked(number),
        )
        for number, case in cases.items()
        if number not in named
    ]  # fmt: skip
    return found


def _differs(record: Record, case: exchange.OpenCase, org_id: UUID | None, found: Found) -> None:
    given, here = record.values, case.record
    pairs = {
        key: (here[key] or "", given[key])
        for key in _WRITTEN
        if given.get(key) and given[key] != (here[key] or "")
    }
    resolved = [
        ("branch_differs", org_id is not None and org_id != case.org_id),
        ("applied_differs", given.get(_DAY, here[_DAY]) != here[_DAY]),
        ("stage_differs", given.get("category", here["category"]) != here["category"]),
        ("stage_day_differs", any(_says_other(given, here, key) for key in _RESOLVED)),
        ("case_ended_in_file", bool(given.get("is_deleted"))),
    ]
    found.left_out += [(record.row, rule) for rule, is_so in resolved if is_so]
    if not pairs:
        found.counts["unchanged"] += 1
        return
    found.proposals.append(
        Proposal(
            str(record.row), RowKind.CHANGE, str(here["name"]),
            {**pairs, "case": ("", str(case.id))}, org_id=case.org_id,
            identity_masked=masked(str(given[_NUMBER])),
        )
    )  # fmt: skip


def _says_other(given: Mapping[str, Any], here: Mapping[str, Any], key: str) -> bool:
    return bool(given.get(key)) and given[key] != here[key]


def _unknown(record: Record, org_id: UUID | None, found: Found) -> None:
    given = record.values
    category = str(given.get("category", ""))
    rules = [
        ("case_ended_in_file", bool(given.get("is_deleted"))),
        ("member_by_now", category in _IN_THE_PARTY),
        ("org_unknown", org_id is None),
    ]
    refused = next((rule for rule, is_so in rules if is_so), "")
    if refused:
        found.left_out.append((record.row, refused))
        return
    pairs = {key: ("", given[key]) for key in _WRITTEN if given.get(key)}
    number = str(given[_NUMBER])
    found.proposals.append(
        Proposal(
            str(record.row), RowKind.NEW, str(given["name"]),
            {**pairs, _DAY: ("", given[_DAY].isoformat()), _NUMBER: ("", masked(number))},
            {_NUMBER: ("", number)}, org_id, masked(number),
            _LATER if category in _ON_THE_WAY else "",
        )
    )  # fmt: skip


class ApplicantWriter:
    """Writes a row by the verbs of admission (``members.services.proposing.Writer``)."""

    def apply(
        self, row: Any, pairs: Pairs, *, reason: str, actor: Actor, now: dt.datetime
    ) -> Mapping[str, Any]:
        if row.kind != RowKind.NEW:
            self._correct(pairs, 0, 1, actor, now)
            return {}
        org = organizations.organizations_by_id([row.org_id]).get(row.org_id)
        if org is None or org.ended_on is not None:
            raise Refused("党组织已不存在")
        case = opening.open_case(
            org=org,
            applicant=opening.Applicant(
                name=row.name,
                identity=pairs[_NUMBER][1],
                workplace=pairs.get("workplace", ["", ""])[1],
            ),
            applied_on=dt.date.fromisoformat(pairs[_DAY][1]),
            given={"note": reason},
            layout=_LAYOUT,
            actor=actor,
            today=clock.day_of(now),
            now=now,
        )
        return {"case": str(case.pk)}

    def restore(
        self, row: Any, pairs: Pairs, *, reason: str, actor: Actor, now: dt.datetime
    ) -> None:
        if row.kind != RowKind.NEW:
            self._correct(pairs, 1, 0, actor, now)
            return
        case = _case(pairs)
        if case.dates.keys() - {"application"}:
            raise Refused("更新之后已办理后续步骤，没有撤销")
        closing.close(
            case=case, state=closing.ENDINGS[0], on=clock.day_of(now), reason=reason,
            actor=actor, today=clock.day_of(now), now=now,
        )  # fmt: skip

    def _correct(self, pairs: Pairs, old: int, new: int, actor: Actor, now: dt.datetime) -> None:
        case = _case(pairs)
        said = {key: pair for key, pair in pairs.items() if key in _WRITTEN}
        if any(getattr(case, key) != pair[old] for key, pair in said.items()):
            raise Refused(_CHANGED_SINCE, RowOutcome.STALE)
        applicant = replace(_applicant(case), **{key: pair[new] for key, pair in said.items()})
        opening.correct(
            case=case, applicant=applicant, actor=actor, today=clock.day_of(now), now=now
        )


def _applicant(case: Any) -> opening.Applicant:
    """Who somebody is by the case; identity number and phone left alone."""
    sealed = ("identity", "phone")
    names = [one.name for one in fields(opening.Applicant) if one.name not in sealed]
    return opening.Applicant(identity="", **{name: getattr(case, name) for name in names})


def _case(pairs: Pairs) -> Any:
    found = exchange.case_of(UUID(pairs["case"][1]))
    if found is None or not found.is_open:
        raise Refused("这份申请已办结")
    return found

"""The admission of a member by which somebody came in, with an approval that waits."""

from __future__ import annotations

import datetime as dt
from typing import Any

from kernel import clock
from kernel.crypto import unit_cipher
from kernel.storage import unit_files
from tenant_apps.admissions.models import Case

_PLACE = "000100010001"
_DATES = {
    "application": "2024-01-31", "activist": "2024-03-15", "meeting": "2026-09-20",
    "probation_start": "2026-09-20",
}  # fmt: skip
SHAPED = {
    "admissions.Case.org_path": lambda unit: _PLACE,
    "admissions.Case.gender": lambda unit: "F",
    "admissions.Case.birth_on": lambda unit: dt.date(1995, 2, 3),
    "admissions.Case.category": lambda unit: "CANDIDATE",
    "admissions.Case.state": lambda unit: "OPEN",
    "admissions.Case.layout": lambda unit: "25",
    "admissions.Case.act": lambda unit: "approval",
    "admissions.Case.act_version": lambda unit: "2026",
    "admissions.Case.stage": lambda unit: "ADMISSION",
    "admissions.Case.dates": lambda unit: dict(_DATES),
    "admissions.Case.conversion": lambda unit: "",
    "admissions.Case.closed_on": lambda unit: None,
    "admissions.Step.act": lambda unit: "approval",
    "admissions.Step.state": lambda unit: "SUBMITTED",
    "admissions.Step.version": lambda unit: "2026",
    "admissions.Step.verdict": lambda unit: "",
    "admissions.Step.done_on": lambda unit: None,
    "admissions.Note.kind": lambda unit: "THOUGHT",
    "admissions.Note.struck_at": lambda unit: None,
    "admissions.Paper.act": lambda unit: "approval",
    "admissions.Paper.struck_at": lambda unit: None,
}


def furnish(side: Any, own: Any) -> None:
    case = Case.objects.get(pk=side.planted_key("admissions.Case"))
    word, cipher = side.mark.word, unit_cipher()
    case.org_id, case.member_id = side.orgs[_PLACE].id, own
    case.identity_sealed = cipher.seal(word, column="members.identity")
    case.phone_sealed = cipher.seal(word, column="members.phone")
    case.save()
    applied = dt.date(2024, 1, 31)
    case.steps.create(
        act="application", attempt=1, version="2014", state="DONE", began_on=applied, on=applied,
        done_on=applied, given_at=clock.now(),
    )  # fmt: skip
    case.papers.create(
        act="approval", title=f"{word}审批材料", file_name="approval.pdf", size=4, digest="0",
        file_key=unit_files().save("approval.pdf", b"%PDF"), uploaded_at=clock.now(),
    )  # fmt: skip
    case.steps.update(data={"note": f"{word}报批说明"}, given_by_name=f"{word}经办人")

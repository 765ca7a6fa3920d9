"""A re-election under way with its steps and votes, and a post that somebody holds."""

from __future__ import annotations

from typing import Any

from kernel.storage import unit_files
from tenant_apps.elections.models import Attendance, Election, Post, Reminder, Step

_PLACE = "000100010001"
SHAPED = {
    "elections.Election.kind": lambda unit: "REELECTION",
    "elections.Election.act": lambda unit: "REPLY",
    "elections.Election.profile": lambda unit: "GENERAL",
    "elections.Election.assembly": lambda unit: "MEETING",
    "elections.Election.org_path": lambda unit: _PLACE,
    "elections.Election.expected": lambda unit: 5,
    "elections.Election.present": lambda unit: 5,
    "elections.Election.nominees": lambda unit: [],
    "elections.Election.closed_at": lambda unit: None,
    "elections.Step.act": lambda unit: "REQUEST",
    "elections.Step.state": lambda unit: 2,
    "elections.Step.verdict": lambda unit: "DONE",
    "elections.Step.data": lambda unit: {},
    "elections.Step.files": lambda unit: [],
    "elections.Attendance.presence": lambda unit: "PRESENT",
    "elections.Attendance.excuse": lambda unit: "",
    "elections.Ballot.office": lambda unit: "COMMITTEE",
    "elections.Ballot.expected": lambda unit: 5,
    "elections.Ballot.present": lambda unit: 5,
    "elections.Ballot.issued": lambda unit: 5,
    "elections.Ballot.returned": lambda unit: 5,
    "elections.Ballot.valid": lambda unit: 5,
    "elections.Ballot.candidates": lambda unit: [],
    "elections.Ballot.others": lambda unit: [],
    "elections.Ballot.elected": lambda unit: [],
    "elections.Ballot.tied": lambda unit: [],
    "elections.Ballot.reduced_to": lambda unit: None,
    "elections.Reminder.org_path": lambda unit: _PLACE,
    "elections.Reminder.occasion": lambda unit: "2027-01-31/3",
    "elections.Reminder.people": lambda unit: [],
    "elections.Post.org_path": lambda unit: _PLACE,
    "elections.Post.code": lambda unit: "01",
    "elections.Post.reason": lambda unit: "ELECTED",
    "elections.Post.ended_on": lambda unit: None,
}


def furnish(side: Any, own: Any) -> None:
    org = side.orgs[_PLACE]
    case = Election.objects.filter(pk=side.planted_key("elections.Election"))
    nominee = {"member": str(own), "name": f"{side.mark.word}候选人", "office": "COMMITTEE"}
    case.update(org_id=org.id, nominees=[nominee])
    scan = {"key": unit_files().save("scan.pdf", b"%PDF"), "name": "scan.pdf", "size": 4}
    Step.objects.update(files=[scan, scan])
    Step.objects.update(note=f"{side.mark.word}办理说明", by_name=f"{side.mark.word}经办人")
    Attendance.objects.update(member_id=own)
    Post.objects.update(member_id=own, org_id=org.id)
    Reminder.objects.update(org_id=org.id)

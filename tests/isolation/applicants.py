"""Probes of whoever only applied: the own case, no one else's, and nothing that is a member's."""

from __future__ import annotations

import datetime as dt
from typing import Any

from kernel import clock
from kernel.crypto import unit_cipher
from kernel.storage import unit_files
from kernel.unit import shared_context, unit_context
from shared_apps.people.models import Session
from shared_apps.people.services import affiliations
from tenant_apps.admissions.models import Case
from tests import cast
from tests.conftest import FacingClient
from tests.isolation.doors import TURNED_AWAY, undone
from tests.isolation.findings import Findings
from tests.isolation.world import Side, World

_PLACE = "000100010001"
_OWN = "/m/admission/"
_CLOSED = (
    "/m/me/", "/m/dues/", "/m/receipts/", "/m/card/", "/members/", "/admissions/",
    "/organizations/", "/api/v1/members/", "/api/v1/admissions/",
)  # fmt: skip
"""Where a member, or an office, is let in."""


def seats_of_applicants(world: World, us: Side, them: Side, found: Findings) -> None:
    """The seat shows the own case; another one's, and what is a member's, stays closed."""
    with undone():
        mine, other, theirs = (_case(us, "甲"), _case(us, "乙"), _case(them, "丙"))
        client = cast.applicant(FacingClient(), us.unit, mine.pk)
        answer = world.ask(client, "get", _OWN)
        text = answer.text.decode()
        found.cell("applicant, own", answer.status == 200 and mine.name in text, answer.status)
        found.cell("applicant, own", other.name not in text, "another case is shown")
        for case in (other, theirs):
            paper = _paper_of(us if case is other else them, case)
            answer = world.ask(client, "get", f"{_OWN}files/{paper.pk}/")
            found.cell("applicant, refused", answer.status in TURNED_AWAY, case.name, answer.status)
        for address in _CLOSED:
            answer = world.ask(client, "get", address)
            found.cell("applicant, refused", answer.status in TURNED_AWAY, address, answer.status)
        _moved(world, them, theirs, client, found)


def _moved(world: World, them: Side, theirs: Case, client: Any, found: Findings) -> None:
    """A session that somebody turned to a case of another unit is worth nothing."""
    with undone():
        with shared_context():
            held = Session.objects.order_by("-created_at").first()
            Session.objects.filter(pk=held.pk).update(unit_id=them.unit.id, member_id=theirs.pk)
        answer = world.ask(client, "get", _OWN)
        is_tight = answer.status in TURNED_AWAY and not them.scanner.find(answer.text)
        found.cell("applicant, refused", is_tight, "another unit's case", answer.status)


def _paper_of(side: Side, case: Case) -> Any:
    with unit_context(side.unit.id):
        return case.papers.get()


def _case(side: Side, letter: str) -> Case:
    """Somebody who applied in a unit, with the application as a file."""
    on, number = dt.date(2026, 3, 2), f"applicant-{letter}-{side.label}"
    with unit_context(side.unit.id):
        org, cipher = side.orgs[_PLACE], unit_cipher()
        case = Case.objects.create(
            org_id=org.id, org_path=_PLACE, name=f"{side.mark.word}申请{letter}", gender="F",
            birth_on=dt.date(1995, 2, 3), layout="25", act="talk", act_version="2014",
            act_began_on=on, stage="APPLICATION", applied_on=on, dates={"application": str(on)},
            identity_sealed=cipher.seal(number, column="members.identity"),
            identity_index=cipher.index(number, purpose="identity"), created_at=clock.now(),
        )  # fmt: skip
        case.papers.create(
            act="application", kind="application", title="入党申请书", file_name="a.pdf", size=4,
            digest="0", file_key=unit_files().save("a.pdf", b"%PDF"), uploaded_at=clock.now(),
        )  # fmt: skip
    affiliations.record(
        unit_id=side.unit.id, unit_role=side.unit.schema_name, rows=[(case.pk, None, number)],
        kind=affiliations.APPLICANT,
    )  # fmt: skip
    return case


PROBES = (seats_of_applicants,)

"""The nightly proof: what it keeps, how it seals, and what operators see of it."""

import datetime as dt
from uuid import UUID

import pytest

from kernel import clock
from kernel.models import uuid7
from kernel.unit import shared_context, unit_context
from shared_apps.proof.models import Finding, Seal
from shared_apps.proof.selectors.catalogue import RULES
from shared_apps.proof.selectors.checks import invariants
from tenant_apps.dues.models import Transfer
from tenant_apps.treasury.services import folding, proving
from tenants import timetable
from tests import cast
from tests.conftest import FacingClient

NIGHT = dt.timedelta(days=1)
EVENING = dt.timedelta(hours=5)


def book(debit="1001", credit="4004", *, at):
    """A line of that moment, its key too."""
    return Transfer.objects.create(
        id=UUID(int=(int(at.timestamp() * 1000) << 80) + uuid7().int % (1 << 60)), at=at,
        debit=debit, credit=credit, amount_fen=500, effect=uuid7().hex,
    )  # fmt: skip


def broken():
    return {check.code for check in invariants() if not check.holds}


def prove(unit, now):
    folding.fold(now=now)
    return proving.prove_unit(unit_id=unit.pk, now=now)


def test_keeps_how_every_rule_stands_and_since_when(alpha):
    first = clock.now() + NIGHT
    book(at=first - EVENING)
    assert prove(alpha, first) == 0
    assert {row.code for row in Finding.objects.filter(violations=0)} == set(RULES)
    book(credit="2001", at=first + EVENING)  # money in suspense from nowhere
    assert prove(alpha, first + NIGHT) == 1
    assert prove(alpha, first + 2 * NIGHT) == 1
    held = Finding.objects.get(code="I6")
    assert (held.violations, held.failing_since) == (1, first + NIGHT)
    assert held.checked_at == first + 2 * NIGHT
    book(debit="2001", credit="4004", at=first + 2 * NIGHT + EVENING)
    assert prove(alpha, first + 3 * NIGHT) == 0
    held.refresh_from_db()
    assert (held.violations, held.failing_since) == (0, None)
    assert Finding.objects.count() == len(RULES)


class TestSeals:
    def test_cover_each_line_once_and_hold(self, alpha):
        now = clock.now() + NIGHT
        for night in range(3):
            book(at=now + night * NIGHT - EVENING)
            prove(alpha, now + night * NIGHT)
        assert sum(seal.lines for seal in Seal.objects.all()) == Transfer.objects.count() == 3
        assert broken() == set()

    def test_nothing_new_is_not_sealed(self, alpha):
        book(at=clock.now())
        now = clock.now() + NIGHT
        prove(alpha, now)
        prove(alpha, now + NIGHT)
        assert Seal.objects.count() == 1

    def test_a_line_that_comes_in_behind_a_seal_is_noticed(self, alpha):
        book(at=clock.now())
        prove(alpha, clock.now() + NIGHT)
        Transfer.objects.create(
            id=UUID(int=1 << 80), at=clock.now(), debit="1001", credit="4004", amount_fen=1,
            effect="later",
        )  # fmt: skip
        assert "I14" in broken()

    def test_the_unit_itself_cannot_change_a_seal(self, alpha):
        book(at=clock.now())
        prove(alpha, clock.now() + NIGHT)
        with pytest.raises(Exception, match="permission denied"):
            Seal.objects.update(lines=9)


def test_every_unit_has_its_turn_each_night():
    work = timetable.registered()["treasury.proof"]
    assert (work.seconds, work.opens_at, work.window) == (86_400, 21 * 3600, 2 * 3600)


class TestConsole:
    @pytest.fixture
    def failing(self, alpha, beta):
        now = clock.now()
        book(credit="2001", at=now)
        proving.prove_unit(unit_id=alpha.pk, now=now)
        with unit_context(beta.pk):
            proving.prove_unit(unit_id=beta.pk, now=now)

    def test_shows_the_rule_and_leads_to_the_unit(self, failing, alpha, beta):
        with shared_context():
            page = cast.staff(FacingClient(), "operator").get("/proof/")
            inside = cast.staff(FacingClient(), "audit_admin").get("/proof/I6/")
            api = cast.staff(FacingClient(), "operator").get("/api/v1/proof/")
            units = cast.staff(FacingClient(), "operator").get("/api/v1/proof/I6/")
        stands = {one.rule.code: (one.units, one.failing) for one in page.context["rules"]}
        assert stands["I6"] == (2, 1)
        assert {value for code, value in stands.items() if code != "I6"} == {(2, 0)}
        assert f"/fleet/{alpha.pk}/" in inside.content.decode()
        assert f"/fleet/{beta.pk}/" not in inside.content.decode()
        assert [row["failing"] for row in api.json() if row["code"] == "I6"] == [1]
        assert [row["unit_id"] for row in units.json()] == [str(alpha.pk)]

    def test_is_not_for_others_and_knows_no_other_rule(self, db):
        assert cast.staff(FacingClient(), "outreach").get("/proof/").status_code == 403
        assert cast.staff(FacingClient(), "operator").get("/proof/I99/").status_code == 404

    def test_a_unit_sees_no_other_units_findings(self, failing, beta):
        with unit_context(beta.pk):
            assert set(Finding.objects.values_list("unit_id", flat=True)) == {beta.pk}

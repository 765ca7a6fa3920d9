"""A unit is made one that waves reach first: by the page, by the API, written down."""

import pytest

from kernel.unit import shared_context
from shared_apps.fleet.models import Appointment
from tenants.models import Unit, UnitState


def is_canary(unit):
    with shared_context():
        return Unit.objects.get(pk=unit.pk).is_canary


def page_of(unit, seat):
    return seat.get(f"/fleet/{unit.pk}/").content.decode()


def kept():
    with shared_context():
        return list(Appointment.objects.values_list("unit_id", "is_canary", "actor_name"))


class TestOnThePage:
    def test_is_appointed_and_written_down(self, fleet, operator):
        alpha, beta = fleet
        assert "设为先行单位" in page_of(alpha, operator)
        answer = operator.post(f"/fleet/{alpha.pk}/canary/", {"canary": "1"})
        assert (answer.status_code, answer["Location"]) == (302, f"/fleet/{alpha.pk}/")
        assert is_canary(alpha)
        assert not is_canary(beta)
        assert kept() == [(alpha.pk, True, "staff-operator")]
        told = operator.get(f"/fleet/{alpha.pk}/?kind=upgrade").content.decode()
        assert "取消先行" in told
        assert "每个波次最先升级" in told
        assert '<span class="strong">设为先行单位</span>' in told
        other = operator.get(f"/fleet/{beta.pk}/?kind=upgrade").content.decode()
        assert '<span class="strong">设为先行单位</span>' not in other

    def test_is_one_like_all_others_again(self, fleet, operator):
        for wanted in ("1", "0"):
            operator.post(f"/fleet/{fleet[0].pk}/canary/", {"canary": wanted})
        assert not is_canary(fleet[0])
        assert [row[1] for row in kept()] == [False, True]

    def test_asked_twice_is_written_down_once(self, fleet, operator):
        for _ in range(2):
            operator.post(f"/fleet/{fleet[0].pk}/canary/", {"canary": "1"})
        assert len(kept()) == 1

    def test_who_only_looks_has_no_button(self, fleet, auditor):
        assert "按批次" in page_of(fleet[0], auditor)
        assert "设为先行单位" not in page_of(fleet[0], auditor)


class TestByTheApi:
    def test_does_the_same(self, fleet, operator):
        url = f"/api/v1/fleet/units/{fleet[0].pk}/canary/"
        assert operator.put(url).status_code == 204
        assert is_canary(fleet[0])
        assert operator.delete(url).status_code == 204
        assert not is_canary(fleet[0])
        assert len(kept()) == 2


class TestRefusing:
    @pytest.mark.parametrize("state", [UnitState.CLOSING, UnitState.CLOSED])
    def test_a_unit_that_leaves(self, fleet, operator, state):
        with shared_context():
            Unit.objects.filter(pk=fleet[0].pk).update(state=state)
        answer = operator.put(f"/api/v1/fleet/units/{fleet[0].pk}/canary/")
        assert (answer.status_code, answer.json()["code"]) == (409, "unit_is_leaving")
        operator.post(f"/fleet/{fleet[0].pk}/canary/", {"canary": "1"})
        assert not is_canary(fleet[0])
        assert kept() == []

    def test_one_that_leaves_may_stop_being_first(self, fleet, operator):
        with shared_context():
            Unit.objects.filter(pk=fleet[0].pk).update(state=UnitState.CLOSING, is_canary=True)
        assert operator.delete(f"/api/v1/fleet/units/{fleet[0].pk}/canary/").status_code == 204
        assert not is_canary(fleet[0])

    def test_who_only_looks(self, fleet, auditor):
        assert auditor.post(f"/fleet/{fleet[0].pk}/canary/", {"canary": "1"}).status_code == 403
        assert auditor.put(f"/api/v1/fleet/units/{fleet[0].pk}/canary/").status_code == 403
        assert not is_canary(fleet[0])
        assert kept() == []

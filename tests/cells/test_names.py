"""A name is one cell's: taken before anything is written, asked for again when nobody answered."""

import datetime as dt

import pytest
import requests

from kernel.clock import now
from kernel.unit import shared_context
from tenants import selectors
from tenants.cells import courier, faces, letters, names
from tenants.cells.models import NameKind, TakenName
from tenants.models import Unit
from tenants.services import units
from tests.cells.conftest import KEY, as_east

CODE = "91320303MA20GAMM0A"


def holder(value):
    return TakenName.objects.filter(value=value).values_list("cell", flat=True).first()


def register(label="gamma", credit_code=CODE):
    return units.register(
        name="伽马厂", label=label, credit_code=credit_code, region_code="320300", now=now()
    )


class TestTaking:
    def test_what_is_free_is_taken_with_the_unit(self, control):
        register()
        assert (holder("gamma"), holder(CODE)) == ("main", "main")

    def test_units_that_are_there_have_theirs(self, control, beta):
        assert holder("beta") == "main"

    @pytest.mark.parametrize(
        ("label", "code", "error"),
        [("dhzcc", CODE, units.LabelTaken), ("gamma", "E" * 18, units.RegisteredElsewhere)],
    )
    def test_what_another_cell_has_is_refused_and_nothing_is_made(
        self, control, label, code, error
    ):
        names.take(cell="east", label="dhzcc", credit_code="E" * 18, now=now())
        with pytest.raises(error):
            register(label, code)
        assert not Unit.objects.filter(label=label).exists()
        assert not TakenName.objects.filter(cell="main", value__in=[label, code]).exists()
        assert selectors.label_is_free("dhzcc") is False

    def test_an_address_is_taken_as_a_name(self, control, beta):
        names.take(cell="east", label="dhzcc", credit_code="E" * 18, now=now())
        with shared_context():
            unit = Unit.objects.get(label="beta")
            with pytest.raises(units.LabelTaken):
                units.relocate(unit=unit, label="dhzcc", now=now())
            units.relocate(unit=unit, label="beta-two", now=now())
        assert holder("beta-two") == "main"

    @pytest.mark.parametrize("label", ["console", "m", "console-east", "pay-west", "m-x"])
    def test_hosts_of_the_platform_are_nobodys(self, control, label):
        assert faces.is_reserved(label)
        with pytest.raises(units.LabelReserved):
            register(label)


class TestAskingAnotherCell:
    def test_the_same_request_again_gets_the_same_answer(self, post):
        asked = {"label": "dhzcc", "credit_code": "E" * 18}
        assert post("names", asked) == post("names", asked) == {"taken": True}
        assert TakenName.objects.filter(cell="east").count() == 2

    def test_says_who_has_it(self, post, beta):
        with shared_context():
            answer = post("names", {"label": "beta", "credit_code": "E" * 18})
        assert answer == {"taken": False, "kind": "label", "cell": "main"}
        assert holder("E" * 18) is None, "both or neither"

    @pytest.mark.parametrize("label", ["", "x" * 41, " a ", 7, None])
    def test_nonsense_is_refused(self, post, label):
        assert post("names", {"label": label, "credit_code": "E" * 18}) == "cell_letter"

    def test_a_control_cell_that_is_silent_stops_the_registration(self, control, monkeypatch):
        before = TakenName.objects.count()
        with as_east(), pytest.raises(courier.ControlSilent):
            register()
        assert not Unit.objects.filter(label="gamma").exists()
        assert TakenName.objects.count() == before

    def test_a_forged_answer_is_none(self, control, monkeypatch):
        forged = requests.Response()
        forged.status_code, forged._content = 200, b'{"nonce":"1","said":{"taken":true}}'
        monkeypatch.setattr(courier.requests, "post", lambda *_, **__: forged)
        with as_east(), pytest.raises(courier.ControlRefused):
            register()
        assert not Unit.objects.filter(label="gamma").exists()

    def test_an_old_answer_is_none(self, control, monkeypatch):
        letter = letters.Letter("east", now(), "another nonce", {}, KEY)
        old = requests.Response()
        old.status_code = 200
        old._content, old.headers["X-Cell-Signature"] = letters.answer(letter, {"taken": True})
        monkeypatch.setattr(courier.requests, "post", lambda *_, **__: old)
        with as_east(), pytest.raises(courier.ControlRefused):
            register()
        assert not Unit.objects.filter(label="gamma").exists()


class TestSettling:
    def settle(self, *labels, at, codes=()):
        return names.settle(cell="east", labels=labels, codes=codes, as_of=at)

    def test_what_no_unit_has_is_free_after_an_hour(self, control):
        at = now()
        names.take(cell="east", label="dhzcc", credit_code="E" * 18, now=at)
        self.settle(at=at + dt.timedelta(minutes=59))
        assert holder("dhzcc") == "east", "it may be about to be used"
        self.settle("dhzcc", at=at + dt.timedelta(minutes=61))
        assert (holder("dhzcc"), holder("E" * 18)) == ("east", None)

    def test_what_a_cell_brings_along_becomes_its_own(self, control):
        assert self.settle("dhzcc", at=now(), codes=["E" * 18]) == []
        assert (holder("dhzcc"), holder("E" * 18)) == ("east", "east")

    def test_what_two_cells_claim_stays_where_it_is_and_is_told(self, control, beta):
        assert self.settle("beta", at=now()) == ["beta"]
        assert holder("beta") == "main"

    def test_names_are_handed_over_to_where_the_unit_is_made_anew(self, control, beta):
        names.hand_over(label="beta", credit_code=beta.credit_code, to="east", now=now())
        assert self.settle("beta", at=now(), codes=[beta.credit_code]) == []
        kinds = TakenName.objects.filter(cell="east").values_list("kind", flat=True)
        assert set(kinds) == {NameKind.LABEL, NameKind.CREDIT_CODE}

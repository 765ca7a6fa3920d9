"""Registering a client unit: the code, the region, the address, the agreement."""

import datetime as dt

import pytest

from kernel.clock import now
from kernel.crypto import platform_cipher
from onboarding.models import Event, Opening
from onboarding.services import credit_codes, labels, registration
from tenants import regions
from tenants.models import Unit, UnitState
from tenants.services import units
from tests.onboarding.conftest import officer_named, registration_of

pytestmark = pytest.mark.django_db


class TestACreditCode:
    @pytest.mark.parametrize("code", ["91350100M000100Y43", "91320303MA1YXA2K7Y"])
    def test_is_taken_when_its_check_character_is_right(self, code):
        assert credit_codes.checked(f" {code[:8]} {code[8:].lower()} ") == code

    def test_is_refused_for_every_single_wrong_character(self):
        code = "91350100M000100Y43"
        for place in range(8, 18):
            wrong = "7" if code[place] != "7" else "8"
            with pytest.raises(credit_codes.CreditCodeCheckDigit):
                credit_codes.checked(code[:place] + wrong + code[place + 1 :])

    @pytest.mark.parametrize(
        "code", ["", "91350100M000100Y4", "91350100M000100Y433", "91350100I000100Y43",
                 "0135010000000000AA", "9135O100M000100Y43", "91350100M000100Z43"]
    )  # fmt: skip
    def test_is_refused_for_its_shape(self, code):
        with pytest.raises(credit_codes.CreditCodeMalformed):
            credit_codes.checked(code)

    def test_of_a_stand_in_is_right_in_form_and_says_what_it_is(self):
        code = credit_codes.provisional("彭城水务集团")
        assert credit_codes.checked(code) == code
        assert credit_codes.is_provisional(code)
        assert code == credit_codes.provisional("彭城水务集团")
        assert not credit_codes.is_provisional("91350100M000100Y43")


class TestARegion:
    def test_is_a_province_a_city_or_a_county_of_one(self):
        for code in ("320000", "320300", "320303"):
            assert regions.checked(code) == code

    @pytest.mark.parametrize("code", ["990000", "329900", "32030", "32030x", "000000"])
    def test_that_does_not_exist_is_refused(self, code):
        with pytest.raises(regions.UnknownRegion):
            regions.checked(code)

    def test_has_a_name(self):
        assert regions.label("320300") == "江苏省徐州市"
        assert regions.label("320303") == "江苏省徐州市（320303）"
        assert regions.label("000000") == "待定"
        assert len(regions.provinces()) == 34


class TestALabel:
    def test_is_proposed_from_the_initials(self):
        assert labels.proposed("彭城水务集团") == "pcswjt"
        assert labels.proposed("云湖县卫生健康局（本级）") == "yhxwsjkj"

    def test_gets_a_number_when_it_is_taken_or_reserved(self, officer):
        registration.register(registration=registration_of(), actor=officer, now=now())
        assert labels.proposed("青石镇供销社") == "qszgxs2"
        assert labels.is_free("console") is False

    @pytest.mark.parametrize("text", ["", "a", "-ab", "ab-", "a_b", "1ab", "a" * 31, "ab--c"])
    def test_that_no_host_can_have_is_refused(self, text):
        with pytest.raises(units.LabelMalformed):
            units.checked_label(text)


class TestRegister:
    def test_writes_a_draft_unit_with_its_agreement(self, officer):
        made = registration.register(registration=registration_of(), actor=officer, now=now())
        assert made.unit.state == UnitState.DRAFT
        assert made.officer_name == "陆远"
        assert made.contact_phone_masked == "138****0000"
        assert registration.contact_of(made) == ("宋佳", "13812340000")
        assert b"13812340000" not in bytes(made.contact_phone_sealed)
        assert (
            platform_cipher().open(made.contact_name_sealed, column="opening.contact_name")
            == "宋佳"
        )

    def test_is_on_the_time_line(self, officer):
        made = registration.register(registration=registration_of(), actor=officer, now=now())
        event = Event.objects.get(unit_id=made.unit_id)
        assert (event.code, event.actor_name) == ("unit.registered", "陆远")

    def test_tells_the_second_officer_who_was_first_and_where(self, officer):
        first = registration.register(registration=registration_of(), actor=officer, now=now())
        with pytest.raises(registration.AlreadyRegistered) as refused:
            registration.register(
                registration=registration_of(label="other"),
                actor=officer_named("沈一帆"),
                now=now(),
            )
        assert "陆远" in refused.value.message
        assert refused.value.data["unit_id"] == str(first.unit_id)
        assert Opening.objects.count() == 1

    def test_refuses_a_taken_address(self, officer):
        registration.register(registration=registration_of(), actor=officer, now=now())
        other = registration_of("白马湖农场", label="qszgxs")
        with pytest.raises(units.LabelTaken):
            registration.register(registration=other, actor=officer, now=now())
        assert not Unit.objects.filter(name="白马湖农场").exists()

    @pytest.mark.parametrize(
        ("changes", "refusal"),
        [
            ({"name": "x"}, registration.UnitNameMissing),
            ({"contact_phone": "12345"}, registration.PhoneInvalid),
            ({"agreement_ends_on": dt.date(2026, 11, 1)}, registration.AgreementPeriod),
            ({"region_code": "999999"}, regions.UnknownRegion),
            ({"label": "console"}, units.LabelReserved),
        ],
    )
    def test_refuses(self, officer, changes, refusal):
        with pytest.raises(refusal):
            registration.register(registration=registration_of(**changes), actor=officer, now=now())
        assert not Opening.objects.exists()


class TestADraft:
    def test_is_kept_sealed_and_for_its_officer_only(self, officer, colleague):
        draft = registration.save_draft(
            content={"name": "白马湖农场", "contact_phone": "13812340000"},
            draft_id=None, actor=officer, now=now(),
        )  # fmt: skip
        assert b"13812340000" not in bytes(draft.content_sealed)
        assert registration.content_of(draft)["name"] == "白马湖农场"
        with pytest.raises(registration.UnknownDraft):
            registration.draft_for(colleague, draft.id)

    def test_is_written_over_and_thrown_away(self, officer):
        draft = registration.save_draft(
            content={"name": "白马"}, draft_id=None, actor=officer, now=now()
        )
        again = registration.save_draft(
            content={"name": "白马湖农场"}, draft_id=draft.id, actor=officer, now=now()
        )
        assert again.id == draft.id
        assert registration.content_of(again)["name"] == "白马湖农场"
        registration.discard_draft(draft_id=draft.id, actor=officer)
        with pytest.raises(registration.UnknownDraft):
            registration.draft_for(officer, draft.id)

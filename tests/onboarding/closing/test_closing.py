"""A unit ends with two people, no money under way and thirty days."""

import pytest
from django.db import IntegrityError, transaction

from kernel.clock import now
from kernel.errors import DomainError
from kernel.models import uuid7
from kernel.unit import unit_context
from onboarding.models import Closing, ClosingState
from onboarding.services import closing, closing_steps
from shared_apps.payments.models import ChannelConfig, Order, OrderState
from tenants.models import Unit, UnitState
from tenants.services import life_cycle
from tests.factories.dues import make_owing_member
from tests.onboarding.closing.conftest import DAY, ask, confirmed
from tests.tenants.life import operator, put

S = UnitState


class TestAsking:
    def test_lists_the_exact_amounts_in_the_way(self, gamma):
        with unit_context(gamma.pk):
            make_owing_member(202609, 202610)
        config = ChannelConfig.objects.create(
            unit_id=gamma.pk, unit_role=gamma.schema_name, channel="wechat", mchid="1", appid="1",
            merchant_serial="1", platform_key_id="1", platform_public_key="", base_url="",
            secrets_sealed=b"s", created_at=now(),
        )  # fmt: skip
        Order.objects.create(
            unit_id=gamma.pk, unit_role=gamma.schema_name, config=config, out_trade_no="T1",
            payer_person_id=uuid7(), payer_member_id=uuid7(), amount_fen=12_900, description="x",
            state=OrderState.AWAITING, created_at=now(), expires_at=now() + DAY,
        )  # fmt: skip
        with pytest.raises(closing.MoneyOutstanding) as told:
            ask(gamma)
        assert told.value.data["unpaid"] == 25_800
        assert told.value.data["in_transit"] == 12_900
        assert "258.00" in told.value.message
        assert "129.00" in told.value.message
        assert not Closing.objects.exists()

    def test_changes_nothing_for_the_unit(self, gamma):
        ask(gamma)
        assert Unit.objects.get(pk=gamma.pk).state == S.TRIAL

    def test_happens_once_at_a_time(self, gamma):
        ask(gamma)
        with pytest.raises(closing.ClosingInHand):
            ask(gamma)

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"reason": "  "}, life_cycle.ReasonNeeded),
            ({"typed": "临河木器"}, life_cycle.NameNotTyped),
        ],
    )
    def test_wants_a_reason_and_the_name(self, gamma, changes, error):
        with pytest.raises(error):
            ask(gamma, **changes)
        assert not Closing.objects.exists()

    @pytest.mark.parametrize("state", [S.DRAFT, S.OPENING, S.CLOSED])
    def test_is_refused_for_what_is_not_in_service(self, gamma, state):
        with pytest.raises(life_cycle.IllegalTransition):
            ask(put(gamma, state))


class TestTheSecondPerson:
    def test_is_not_the_first(self, gamma):
        me = operator("顾明")
        held = ask(gamma, actor=me)
        with pytest.raises(closing.SecondPersonNeeded):
            closing.confirm(closing_id=held.pk, typed=gamma.name, actor=me, now=now())
        assert Unit.objects.get(pk=gamma.pk).state == S.TRIAL

    def test_is_not_the_first_for_the_database_either(self, gamma):
        held = ask(gamma)
        with pytest.raises(IntegrityError), transaction.atomic():
            Closing.objects.filter(pk=held.pk).update(confirmed_by=held.requested_by)

    def test_begins_thirty_days(self, gamma):
        held = confirmed(gamma)
        unit = Unit.objects.get(pk=gamma.pk)
        assert unit.state == S.CLOSING
        assert held.due_at - held.confirmed_at == 30 * DAY
        assert unit.closes_at == held.due_at

    def test_shortens_nothing_with_a_clock_put_back(self, gamma):
        at = now()
        life_cycle.move(unit=gamma, to=S.LIVE, actor=operator(), now=at)
        held = confirmed(gamma, now=at - 20 * DAY)
        assert held.due_at == at + 30 * DAY

    def test_is_asked_again_about_money(self, gamma):
        held = ask(gamma)
        with unit_context(gamma.pk):
            make_owing_member(202609)
        with pytest.raises(closing.MoneyOutstanding):
            closing.confirm(closing_id=held.pk, typed=gamma.name, actor=operator("沈岚"), now=now())
        assert Unit.objects.get(pk=gamma.pk).state == S.TRIAL


class TestCallingOff:
    @pytest.mark.parametrize("before", [S.TRIAL, S.LIVE, S.READ_ONLY, S.SUSPENDED])
    def test_returns_to_the_state_before(self, gamma, before):
        held = confirmed(put(gamma, before))
        closing.call_off(closing_id=held.pk, reason="单位改变决定", actor=operator(), now=now())
        unit = Unit.objects.get(pk=gamma.pk)
        assert (unit.state, unit.closes_at) == (before, None)
        assert Closing.objects.get().state == ClosingState.CALLED_OFF

    def test_is_too_late_once_it_is_carried_out(self, gamma):
        held = confirmed(gamma)
        closing_steps.carry_out(closing_id=held.pk, now=now() + 31 * DAY)
        with pytest.raises(closing.ClosingPast):
            closing.call_off(closing_id=held.pk, reason="太晚了吧", actor=operator(), now=now())


def test_every_refusal_of_a_closing_has_a_sentence():
    for error in (closing.MoneyOutstanding, closing.SecondPersonNeeded, closing.ClosingPast):
        assert issubclass(error, DomainError)
        assert error.sentence.endswith("。")

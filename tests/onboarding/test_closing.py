"""A unit ends with two people, no money under way, thirty days, and nothing left but a paper."""

import datetime as dt
import json

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, connections, transaction

from kernel import crypto
from kernel.actor import Actor
from kernel.clock import now
from kernel.crypto import KeyDestroyed, platform_cipher, sign, unit_cipher, unsign
from kernel.errors import DomainError
from kernel.models import uuid7
from kernel.storage import unit_files
from kernel.unit import Purpose, UnitNotServing, unit_context
from onboarding.models import Closing, ClosingState
from onboarding.services import closing, closing_steps
from shared_apps.payments.models import ChannelConfig, Order, OrderState
from shared_apps.people.models import Affiliation
from tenants.models import Domain, Transition, Unit, UnitKey, UnitState
from tenants.services import life_cycle, schemas, units
from tests.cast import officer, staff
from tests.database import open_unit
from tests.factories.dues import NOVEMBER, make_member, make_owing_member
from tests.tenants.life import as_superuser, operator, put

S = UnitState
WHY = "单位合并，党组织关系已整体转出"
DAY = dt.timedelta(days=1)
CODE = "91320303MA20GAMM0X"
ANYBODY = Actor()


@pytest.fixture
def gamma(django_db_setup, django_db_blocker):
    """A unit of its own, really written, and taken away again whatever became of it."""
    with django_db_blocker.unblock():
        connection.set_schema_to_public()
        unit = open_unit("gamma", name="临河木器厂", credit_code=CODE)
        try:
            yield unit
        finally:
            connection.set_schema_to_public()
            with connections["owner"].cursor() as cursor:
                cursor.execute(
                    "TRUNCATE payments_channelevent, payments_orderitem, payments_order,"
                    " payments_channelconfig, usage_outbox, people_affiliation CASCADE"
                )
            for gone in Unit.objects.using("owner").filter(credit_code=CODE):
                Closing.objects.using("owner").filter(unit=gone).delete()
                Transition.objects.using("owner").filter(unit=gone).delete()
                schemas.discard(unit=gone)
                Unit.objects.using("owner").filter(pk=gone.pk).delete()
            for alias in connections:
                connections[alias].close()


def ask(unit, *, actor=None, **changes):
    given = {"reason": WHY, "typed": unit.name, "now": now(), **changes}
    return closing.request(unit=unit, actor=actor or operator("顾明"), **given)


def confirmed(unit, **changes):
    held = ask(unit)
    given = {"typed": unit.name, "actor": operator("沈岚", "system_admin"), "now": now(), **changes}
    return closing.confirm(closing_id=held.pk, **given)


def furnish(unit):
    """Rows, a sealed value, a file, an archive, shared rows, a payment account; what was sealed."""
    with unit_context(unit.pk):
        member = make_member(name="裴然")
        sealed = unit_cipher().seal("110101199001011234", column="members.identity")
        token = sign({"member": str(member.pk)}, purpose="invitation", now=now())
        key = unit_files().save("名册.xlsx", b"rows")
    default_storage.save(f"archives/{unit.pk}/1.gja", ContentFile(b"archive"))
    Affiliation.objects.create(
        unit_id=unit.pk, unit_role=unit.schema_name, member_id=member.pk,
        identity_index=platform_cipher().index("x", purpose="identity"),
    )  # fmt: skip
    ChannelConfig.objects.create(
        unit_id=unit.pk, unit_role=unit.schema_name, channel="wechat", mchid="1", appid="1",
        merchant_serial="1", platform_key_id="1", platform_public_key="", base_url="",
        secrets_sealed=b"secret", created_at=now(),
    )  # fmt: skip
    return sealed, token, key


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


class TestCarryingOut:
    def test_waits_for_its_day(self, gamma):
        held = confirmed(gamma)
        assert closing_steps.carry_out_due(now=held.due_at - dt.timedelta(seconds=1)) == 0
        with pytest.raises(closing.ClosingPast):
            closing_steps.carry_out(closing_id=held.pk, now=held.due_at - DAY)
        assert Unit.objects.get(pk=gamma.pk).state == S.CLOSING
        assert closing_steps.carry_out_due(now=held.due_at) == 1

    def test_waits_while_money_came_up(self, gamma):
        held = confirmed(gamma)
        with unit_context(gamma.pk, for_=Purpose.SETTLING):
            make_owing_member(202609)
        assert closing_steps.carry_out_due(now=held.due_at) == 0
        assert Unit.objects.get(pk=gamma.pk).state == S.CLOSING
        assert Closing.objects.get().blocked["unpaid"] == 12_900
        with unit_context(gamma.pk):
            assert unit_cipher()

    def test_leaves_nothing_that_can_be_read(self, gamma):
        sealed, token, key = furnish(gamma)
        with connections["owner"].cursor() as cursor:  # what a restore of last week left
            cursor.execute(f"CREATE SCHEMA {gamma.schema_name}_old")
        held = closing_steps.carry_out(closing_id=confirmed(gamma).pk, now=now() + 31 * DAY)
        assert held.state == ClosingState.FINISHED
        unit = Unit.objects.get(pk=gamma.pk)
        assert unit.state == S.CLOSED
        for purpose in Purpose:
            with pytest.raises(UnitNotServing), unit_context(gamma.pk, for_=purpose):
                pass
        name = gamma.schema_name
        assert as_superuser("SELECT 1 FROM pg_namespace WHERE nspname LIKE %s", f"{name}%") == []
        assert as_superuser("SELECT 1 FROM pg_roles WHERE rolname = %s", name) == []
        assert not default_storage.exists(key)
        assert not default_storage.exists(f"archives/{gamma.pk}/1.gja")
        assert not Domain.objects.filter(tenant=unit).exists()
        assert not Affiliation.objects.filter(unit_id=gamma.pk).exists()
        assert bytes(ChannelConfig.objects.get(unit_id=gamma.pk).secrets_sealed) == b""
        assert bytes(UnitKey.objects.get(pk=gamma.pk).wrapped) == b""
        self.a_copied_row_opens_nowhere(gamma, sealed, token)

    @staticmethod
    def a_copied_row_opens_nowhere(gamma, sealed, token):
        """Crypto-shred: the copy, the master key and every key derived from it do not suffice."""
        connection.set_tenant(gamma)
        try:
            with pytest.raises(KeyDestroyed):
                unit_cipher().open(sealed, column="members.identity")
            with pytest.raises(KeyDestroyed):
                unsign(token, purpose="invitation", now=now(), max_age=DAY)
        finally:
            connection.set_schema_to_public()
        for scope in (str(gamma.pk), "shared"):
            for secret in (crypto.settings.MASTER_KEY, bytes(32)):
                with pytest.raises(crypto.Unreadable):
                    crypto.Cipher(scope, secret).open(sealed, column="members.identity")

    @pytest.mark.parametrize("killed_in", [name for name, _, _ in closing_steps.STEPS])
    @pytest.mark.parametrize("is_late", [False, True])
    def test_goes_on_where_it_was_killed(self, gamma, monkeypatch, killed_in, is_late):
        """Before the step did anything, and after it did all but note it."""
        furnish(gamma)
        held, at = confirmed(gamma), now() + 31 * DAY

        class Killed(BaseException):
            pass

        def dying(step):
            def die(*args):
                if is_late:
                    step(*args)
                raise Killed

            return die

        steps = [
            (name, label, dying(step) if name == killed_in else step)
            for name, label, step in closing_steps.STEPS
        ]
        with monkeypatch.context() as patched:
            patched.setattr(closing_steps, "STEPS", steps)
            with pytest.raises(Killed):
                closing_steps.carry_out_due(now=at)
        assert killed_in not in Closing.objects.get().steps
        assert closing_steps.carry_out_due(now=at) == 1
        done = Closing.objects.get()
        assert done.steps.keys() == {name for name, _, _ in closing_steps.STEPS}
        assert done.number == f"ZX{at:%Y}000001"
        assert done.counts["rows"]["members_member"] == 1
        assert Unit.objects.get(pk=gamma.pk).state == S.CLOSED
        assert Transition.objects.filter(unit=gamma, to=S.CLOSED).count() == 1
        assert closing_steps.is_genuine(done)
        assert held.pk == done.pk

    def test_touches_no_other_unit(self, gamma):
        furnish(gamma)
        beta = Unit.objects.get(label="beta")
        with unit_context(beta.pk):
            sealed = unit_cipher().seal("x", column="c")
            key = unit_files().save("a.txt", b"beta")
        held = confirmed(gamma)
        closing_steps.carry_out(closing_id=held.pk, now=now() + 31 * DAY)
        crypto.forget(beta.pk)
        with unit_context(beta.pk):
            assert unit_cipher().open(sealed, column="c") == "x"
            assert unit_files().read(key) == b"beta"
            unit_files().delete(key)
        assert Domain.objects.filter(tenant=beta).count() == 1

    def test_frees_host_and_code_for_another_unit(self, gamma, client):
        officer(client, gamma)
        assert client.get("/account/").status_code == 200
        with unit_context(gamma.pk):
            token = sign({}, purpose="invitation", now=now())
        held = confirmed(gamma)
        with pytest.raises(units.LabelTaken):
            units.register(name="新厂", label="gamma", credit_code="9132030300000000XX",
                           region_code="320300")  # fmt: skip
        closing_steps.carry_out(closing_id=held.pk, now=now() + 31 * DAY)
        heir = open_unit("gamma", name="临河新材料厂", credit_code=CODE)
        assert client.get("/account/").status_code == 302, "a cookie of before is worth nothing"
        with unit_context(heir.pk), pytest.raises(crypto.BadLink):
            unsign(token, purpose="invitation", now=now(), max_age=DAY)


class TestTheCertificate:
    @pytest.fixture
    def held(self, gamma):
        furnish(gamma)
        return closing_steps.carry_out(closing_id=confirmed(gamma).pk, now=now() + 31 * DAY)

    def test_tells_what_who_and_when(self, held):
        told = held.document
        assert told["unit"]["name"] == "临河木器厂"
        assert (told["requested"]["by"], told["confirmed"]["by"]) == ("顾明", "沈岚")
        assert told["counts"]["files"] == 2
        assert told["counts"]["kept"]["payments_channelconfig"] == 1
        assert "key_destroyed_at" in told["counts"]

    def test_can_be_digested_again_by_anybody(self, held):
        text = json.dumps(held.document, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        assert crypto.digest(text.encode()) == held.digest

    def test_is_found_by_its_number_and_letters_only(self, held):
        check = held.signature[: closing_steps.CHECK_LETTERS]
        found = closing_steps.certificate(number=held.number, check=check, actor=ANYBODY)
        assert found == held
        for number, letters in [
            (held.number, "0" * 12), (held.number, ""), (held.number, check[:6]), ("ZX2", check),
            ("", check),
        ]:  # fmt: skip
            assert closing_steps.certificate(number=number, check=letters, actor=ANYBODY) is None

    def test_is_not_genuine_after_a_change(self, held):
        changed = {**held.document, "reason": "别的事由"}
        Closing.objects.filter(pk=held.pk).update(document=changed)
        check = held.signature[: closing_steps.CHECK_LETTERS]
        assert closing_steps.certificate(number=held.number, check=check, actor=ANYBODY) is None

    def test_cannot_be_guessed_through(self, held):
        for _ in range(20):
            closing_steps.certificate(number=held.number, check="0" * 12, actor=ANYBODY)
        with pytest.raises(closing_steps.CheckedTooOften):
            closing_steps.certificate(number=held.number, check="0" * 12, actor=ANYBODY)


class TestThePages:
    def test_lead_from_asking_to_the_paper(self, gamma, client):
        staff(client, "operator")
        page = f"/units/{gamma.pk}/closing/"
        assert "已结清" in client.get(page).content.decode()
        form = {"reason": WHY, "typed": gamma.name}
        assert client.post(f"{page}request/", form).status_code == 302
        held = Closing.objects.get()
        own = client.get(page).content.decode()
        assert "等待复核" in own
        answer = client.post(f"/closings/{held.pk}/confirm/", {"typed": gamma.name})
        assert answer.status_code == 403
        staff(client, "system_admin")
        assert client.post(f"/closings/{held.pk}/confirm/", {"typed": "错"}).status_code == 422
        assert (
            client.post(f"/closings/{held.pk}/confirm/", {"typed": gamma.name}).status_code == 302
        )
        assert client.get(f"/closings/{held.pk}/certificate/").status_code == 404
        assert gamma.name in client.get("/closings/").content.decode()
        closing_steps.carry_out(closing_id=held.pk, now=now() + 31 * DAY)
        paper = client.get(f"/closings/{held.pk}/certificate/").content.decode()
        number = Closing.objects.get().number
        assert number in paper
        told = client.get(f"/closings/{held.pk}/certificate/?form=json").json()
        client.cookies.clear()
        check = told["signature"]["value"][:12]
        found = client.post("/certificates/", {"number": number, "check": check})
        assert "证明属实" in found.content.decode()
        found = client.post("/certificates/", {"number": number, "check": "f" * 12})
        assert "没有查到" in found.content.decode()

    def test_show_what_is_in_the_way(self, gamma, client):
        with unit_context(gamma.pk):
            make_owing_member(NOVEMBER.value)
        staff(client, "operator")
        answer = client.post(
            f"/units/{gamma.pk}/closing/request/", {"reason": WHY, "typed": gamma.name}
        )
        assert answer.status_code == 409
        assert "129.00" in answer.content.decode()

    @pytest.mark.parametrize(
        ("role", "path", "status"),
        [
            ("outreach", "/units/{unit}/closing/", 403),
            ("security_admin", "/closings/", 403),
            ("audit_admin", "/units/{unit}/closing/", 200),
            ("audit_admin", "/units/{unit}/closing/request/", 403),
            ("system_admin", "/units/{unit}/closing/request/", 403),
        ],
    )
    def test_are_for_those_who_may(self, gamma, client, role, path, status):
        staff(client, role)
        act = client.post if path.endswith("request/") else client.get
        assert act(path.format(unit=gamma.pk)).status_code == status
        assert not Closing.objects.exists()

    def test_have_an_api(self, gamma, client):
        staff(client, "operator")
        base = f"/api/v1/units/{gamma.pk}/closing/"
        answer = client.post(
            f"{base}request/", {"reason": WHY, "typed": gamma.name}, content_type="application/json"
        )
        assert answer.status_code == 201
        closing_id = answer.json()["id"]
        answer = client.post(
            f"/api/v1/closings/{closing_id}/confirm/", {"typed": gamma.name},
            content_type="application/json",
        )  # fmt: skip
        assert (answer.status_code, answer.json()["code"]) == (403, "closing_second_person")
        answer = client.post(
            f"/api/v1/closings/{closing_id}/call-off/", {"reason": "单位改变决定"},
            content_type="application/json",
        )  # fmt: skip
        assert answer.json()["state"] == "called_off"
        told = client.get(base).json()
        assert [line["fen"] for line in told["money"]] == [0, 0, 0, 0]


def test_every_refusal_of_a_closing_has_a_sentence():
    for error in (closing.MoneyOutstanding, closing.SecondPersonNeeded, closing.ClosingPast):
        assert issubclass(error, DomainError)
        assert error.sentence.endswith("。")

"""Nothing is left of a closed unit but a paper."""

import datetime as dt
import json

import pytest
from django.core.files.storage import default_storage
from django.db import connection, connections

from kernel import crypto
from kernel.actor import Actor
from kernel.clock import now
from kernel.crypto import KeyDestroyed, sign, unit_cipher, unsign
from kernel.storage import unit_files
from kernel.unit import Purpose, UnitNotServing, unit_context
from onboarding.models import Closing, ClosingState
from onboarding.services import closing, closing_steps
from shared_apps.payments.models import ChannelConfig
from shared_apps.people.models import Affiliation
from tenants.models import Domain, Transition, Unit, UnitKey, UnitState
from tenants.services import units
from tests.cast import officer
from tests.database import open_unit
from tests.factories.dues import make_owing_member
from tests.onboarding.closing.conftest import CODE, DAY, confirmed, furnish
from tests.tenants.life import as_superuser

S = UnitState

ANYBODY = Actor()


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
                           region_code="320300", now=now())  # fmt: skip
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

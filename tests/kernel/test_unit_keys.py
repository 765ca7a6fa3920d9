"""A unit's keys come from a secret of its own; without it nothing of the unit can be read."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from kernel import crypto
from kernel.clock import now
from kernel.crypto import KeyDestroyed, platform_cipher, sign, unit_cipher, unsign
from kernel.unit import shared_context, unit_context
from tenants.models import Unit, UnitKey
from tenants.services import keys


@pytest.fixture(autouse=True)
def _fresh():
    yield
    crypto._kept.clear()


class TestTheSecret:
    def test_is_made_with_the_unit_and_differs(self, alpha, beta):
        with shared_context():
            assert UnitKey.objects.count() == Unit.objects.count()
            assert keys.secret_of(alpha.pk) != keys.secret_of(beta.pk)
            assert len(keys.secret_of(alpha.pk)) == 32

    def test_does_not_lie_in_the_clear(self, alpha):
        with shared_context():
            wrapped = bytes(UnitKey.objects.get(pk=alpha.pk).wrapped)
            assert keys.secret_of(alpha.pk) not in wrapped

    def test_opens_nothing_in_another_units_place(self, alpha, beta):
        with shared_context():
            stolen = UnitKey.objects.get(pk=alpha.pk).wrapped
            UnitKey.objects.filter(pk=beta.pk).update(wrapped=stolen)
            with pytest.raises(crypto.Unreadable):
                keys.secret_of(beta.pk)

    def test_is_out_of_reach_of_a_unit(self, alpha):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT wrapped FROM tenants_unitkey")

    def test_is_asked_for_once(self, alpha):
        crypto.forget(alpha.pk)
        with CaptureQueriesContext(connection) as asked:
            for _ in range(5):
                unit_cipher().seal("13800001234", column="phone")
                sign({"a": 1}, purpose="x", now=now())
        assert sum("tenants_unitkey" in q["sql"] for q in asked) == 1

    def test_is_asked_for_again_after_five_minutes(self, alpha, monkeypatch):
        unit_cipher()
        with shared_context():
            UnitKey.objects.filter(pk=alpha.pk).update(wrapped=b"", destroyed_at=now())
        unit_cipher()  # another process destroyed it; this one has not noticed yet
        later = crypto.time.monotonic() + crypto.KEPT_SECONDS
        monkeypatch.setattr(crypto.time, "monotonic", lambda: later)
        with pytest.raises(KeyDestroyed):
            unit_cipher()

    def test_of_many_units_is_held_within_a_bound(self, alpha, monkeypatch):
        monkeypatch.setattr(crypto, "_KEPT_UNITS", 1)
        unit_cipher()
        with shared_context():
            other = Unit.objects.get(label="beta")
        with unit_context(other.pk):
            unit_cipher()
        assert list(crypto._kept) == [other.pk]


class TestADestroyedSecret:
    @pytest.fixture
    def gone(self, alpha):
        self.sealed = unit_cipher().seal("110101199001011234", column="members.identity")
        self.token = sign({"a": 1}, purpose="link", now=now())
        with shared_context():
            keys.destroy(unit_id=alpha.pk, now=now())
        return alpha

    def test_leaves_no_value_that_can_be_opened(self, gone):
        with pytest.raises(KeyDestroyed):
            unit_cipher().open(self.sealed, column="members.identity")

    def test_leaves_nothing_to_the_master_key_alone(self, gone):
        """Whoever has the copied row, the unit's id and MASTER_KEY still reads nothing."""
        with shared_context():
            for secret in (b"", bytes(UnitKey.objects.get(pk=gone.pk).wrapped), b"\x11" * 32):
                forged = crypto.Cipher(str(gone.pk), secret or b"\0" * 32)
                with pytest.raises(crypto.Unreadable):
                    forged.open(self.sealed, column="members.identity")
            with pytest.raises(crypto.Unreadable):
                platform_cipher().open(self.sealed, column="members.identity")

    def test_leaves_no_link_that_is_good(self, gone):
        with pytest.raises(KeyDestroyed):
            unsign(self.token, purpose="link", now=now(), max_age=crypto.dt.timedelta(days=1))

    def test_stays_destroyed_since_the_first_time(self, gone):
        with shared_context():
            first = UnitKey.objects.get(pk=gone.pk).destroyed_at
            assert keys.destroy(unit_id=gone.pk, now=now()) == first

    def test_does_not_touch_another_unit(self, gone, beta):
        with unit_context(beta.pk):
            sealed = unit_cipher().seal("x", column="c")
            assert unit_cipher().open(sealed, column="c") == "x"

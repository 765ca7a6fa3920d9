"""Sealed values, signatures, cache entries and files mean nothing in another unit."""

import datetime as dt

import pytest
from django.core.cache import cache as raw_cache

from kernel import cache
from kernel.crypto import BadLink, Unreadable, platform_cipher, sign, unit_cipher, unsign
from kernel.storage import ForeignFile, shared_files, unit_files
from kernel.unit import NoUnit, shared_context, unit_context

NOON = dt.datetime(2026, 11, 22, 4, 0, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


class TestSealing:
    def test_comes_back(self, alpha):
        blob = unit_cipher().seal("18575499785", column="phone")
        assert unit_cipher().open(blob, column="phone") == "18575499785"
        assert b"18575499785" not in blob

    def test_twice_gives_two_blobs(self, alpha):
        assert unit_cipher().seal("x", column="c") != unit_cipher().seal("x", column="c")

    def test_of_a_set_of_rows_no_two_blobs_share_a_nonce(self, alpha):
        texts = ["18575499785", "", "18575499785"]
        blobs = unit_cipher().seal_all(texts, column="phone")
        assert [unit_cipher().open(blob, column="phone") for blob in blobs] == texts
        assert len({blob[3:15] for blob in blobs}) == len(blobs)

    def test_is_unreadable_in_another_unit(self, alpha, beta):
        blob = unit_cipher().seal("secret", column="phone")
        with unit_context(beta.id), pytest.raises(Unreadable):
            unit_cipher().open(blob, column="phone")

    def test_is_unreadable_as_another_column(self, alpha):
        blob = unit_cipher().seal("secret", column="phone")
        with pytest.raises(Unreadable):
            unit_cipher().open(blob, column="identity")

    def test_is_unreadable_with_one_byte_changed(self, alpha):
        blob = bytearray(unit_cipher().seal("secret", column="phone"))
        blob[20] ^= 1
        with pytest.raises(Unreadable):
            unit_cipher().open(bytes(blob), column="phone")

    def test_needs_a_unit(self, db):
        with pytest.raises(NoUnit):
            unit_cipher()


class TestABlindIndex:
    def test_finds_equal_values_only_inside_the_unit(self, alpha, beta):
        ours = unit_cipher().index("18575499785", purpose="phone")
        assert ours == unit_cipher().index("18575499785", purpose="phone")
        assert ours != unit_cipher().index("18575499785", purpose="identity")
        assert ours != platform_cipher().index("18575499785", purpose="phone")
        with unit_context(beta.id):
            assert ours != unit_cipher().index("18575499785", purpose="phone")


class TestASignature:
    def test_holds(self, alpha):
        token = sign({"id": 7}, purpose="export", now=NOON)
        assert unsign(token, purpose="export", now=NOON + HOUR, max_age=HOUR) == {"id": 7}

    @pytest.mark.parametrize("purpose", ["invite", ""])
    def test_does_not_serve_another_purpose(self, alpha, purpose):
        token = sign({"id": 7}, purpose="export", now=NOON)
        with pytest.raises(BadLink):
            unsign(token, purpose=purpose, now=NOON, max_age=HOUR)

    def test_does_not_serve_another_unit(self, alpha, beta):
        token = sign({"id": 7}, purpose="export", now=NOON)
        with unit_context(beta.id), pytest.raises(BadLink):
            unsign(token, purpose="export", now=NOON, max_age=HOUR)

    def test_runs_out(self, alpha):
        token = sign({"id": 7}, purpose="export", now=NOON)
        with pytest.raises(BadLink):
            unsign(token, purpose="export", now=NOON + 2 * HOUR, max_age=HOUR)

    @pytest.mark.parametrize("token", ["", ".", "a.b", "中文.x"])
    def test_refuses_rubbish(self, alpha, token):
        with pytest.raises(BadLink):
            unsign(token, purpose="export", now=NOON, max_age=HOUR)


class TestTheCache:
    def test_keeps_units_apart(self, alpha, beta):
        cache.put("greeting", "ours", seconds=60)
        assert cache.get("greeting") == "ours"
        with unit_context(beta.id):
            assert cache.get("greeting") is None
        with shared_context():
            assert cache.get("greeting") is None

    def test_distrusts_an_entry_that_names_another_scope(self, alpha):
        raw_cache.set(f"{alpha.id}:greeting", ("somebody else", "theirs"))
        assert cache.get("greeting") is None

    def test_counts_within_a_window(self, alpha):
        assert [cache.count("tries", seconds=60) for _ in range(3)] == [1, 2, 3]


class TestFiles:
    def test_come_back(self, alpha):
        key = unit_files().save("花名册.xlsx", b"content")
        assert key.startswith(f"units/{alpha.id}/")
        assert unit_files().read(key) == b"content"

    def test_are_refused_in_another_unit(self, alpha, beta):
        key = unit_files().save("a.csv", b"content")
        with unit_context(beta.id), pytest.raises(ForeignFile):
            unit_files().read(key)
        with pytest.raises(ForeignFile):
            shared_files().read(key)

    def test_do_not_climb(self, alpha):
        with pytest.raises(ForeignFile):
            unit_files().read(f"units/{alpha.id}/../x")

    def test_missing_is_not_found(self, alpha):
        with pytest.raises(ForeignFile):
            unit_files().read(f"units/{alpha.id}/nothing")

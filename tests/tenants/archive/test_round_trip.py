"""Export, restore and import lose nothing and add nothing."""

import datetime as dt
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.clock import now
from kernel.unit import unit_context
from tenant_apps.audit.services import record
from tenant_apps.members.models import Member
from tenants.archive import listeners, locks, reading, records, sessions, tables
from tenants.services import archives
from tests.tenants.archive.conftest import ACTOR, rows_of, written

PASSPHRASE = "一句只有自己知道的话-2026"


def plain(archive: bytes, **options) -> bytes:
    """The container without its envelope."""
    with reading.opened(io.BytesIO(archive), **options) as opened:
        source = opened.contents.source
        source.seek(0)
        return source.read()


def test_export_restore_export_is_byte_equal(gamma, monkeypatch):
    monkeypatch.setattr(listeners, "_listeners", [])  # the unit's record tells of the restore
    first, before = written(gamma), rows_of(gamma)
    restored = archives.restore(unit=gamma, source=io.BytesIO(first), actor=ACTOR, now=now())
    assert rows_of(gamma) == before
    assert restored.rows["members_member"] == 3
    assert plain(written(gamma)) == plain(first)
    assert written(gamma) != first, "a key or a nonce was used twice"


def test_export_import_export_is_byte_equal_in_another_unit(gamma, delta):
    lock = locks.with_passphrase(PASSPHRASE)
    first = written(gamma, lock=lock)
    archives.take_in(
        unit=delta, source=io.BytesIO(first), passphrase=PASSPHRASE, actor=ACTOR, now=now()
    )
    second = written(delta, lock=lock)
    assert plain(second, passphrase=PASSPHRASE) == plain(first, passphrase=PASSPHRASE)
    assert rows_of(delta)["members_member"] != rows_of(gamma)["members_member"], "keys are shared"


EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
VALUES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.none() | VALUES, min_size=2, max_size=4), min_size=1, max_size=6))
def test_records_come_back_whatever_is_in_them(rows):
    """Breaks, quotes, blanks, empty texts and no value at all; cut into blocks of any size."""
    rows = [[row[0] or "k", *row[1:]] for row in rows]
    content = b"".join(map(records.render, rows))
    for size in (1, 7, len(content)):
        blocks = [content[at : at + size] for at in range(0, len(content), size)]
        assert list(records.parse(blocks)) == rows


@pytest.mark.slow
def test_any_data_is_byte_equal_after_a_round_trip(gamma, delta, monkeypatch):
    """Names, jsonb with exact numbers, arrays of months and moments down to the microsecond."""
    monkeypatch.setattr(listeners, "_listeners", [])
    lock = locks.with_passphrase(PASSPHRASE)

    @settings(max_examples=4, deadline=None)
    @given(
        st.lists(VALUES.filter(str.strip), min_size=1, max_size=4),
        st.recursive(
            st.none()
            | st.booleans()
            | st.integers(-(2**60), 2**60)
            | st.floats(-1e9, 1e9)
            | VALUES,
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(VALUES, inner, max_size=3),
            max_leaves=6,
        ),
        st.integers(-(10**15), 4 * 10**15),
    )
    def travel(names, data, moment):
        with unit_context(gamma.id):
            for member, name in zip(Member.objects.order_by("id"), names, strict=False):
                Member.objects.filter(pk=member.pk).update(name=name)
            at = EPOCH + dt.timedelta(microseconds=moment)
            record("thing.done", actor=ACTOR, now=at, data=data)
        content = written(gamma, lock=lock)
        again = io.BytesIO(content)
        empty(delta)
        archives.take_in(unit=delta, source=again, passphrase=PASSPHRASE, actor=ACTOR, now=now())
        back = written(delta, lock=lock)
        assert plain(back, passphrase=PASSPHRASE) == plain(content, passphrase=PASSPHRASE)

    travel()


def empty(unit):
    with sessions.as_owner() as cursor:
        names = tables.of_schema(cursor, unit.schema_name)
        cursor.execute("TRUNCATE " + ", ".join(f'{unit.schema_name}."{name}"' for name in names))


def test_the_reader_in_the_documentation_reads_it(gamma, tmp_path, monkeypatch, capsys):
    """Whoever takes the unit elsewhere has nothing but that page."""
    path = tmp_path / "gamma.gjunit"
    path.write_bytes(written(gamma, lock=locks.with_passphrase(PASSPHRASE)))
    page = (Path(__file__).parents[3] / "docs" / "ARCHIVE_FORMAT.md").read_text("utf-8")
    code = page.partition("```python")[2].partition("```")[0]
    monkeypatch.setattr("sys.argv", ["read", str(path), PASSPHRASE])
    found = {}
    exec(compile(code, "ARCHIVE_FORMAT.md", "exec"), found)
    assert "tables/members_member.csv" in capsys.readouterr().out
    members = found["read"](path, PASSPHRASE).read("tables/members_member.csv").decode()
    assert "13900000000" in members

"""Export, restore and import lose nothing and add nothing."""

import io

from kernel.clock import now
from tenants.archive import locks, reading
from tenants.services import archives
from tests.tenants.archive.conftest import ACTOR, rows_of, written

PASSPHRASE = "一句只有自己知道的话-2026"


def plain(archive: bytes, **options) -> bytes:
    """The container without its envelope."""
    with reading.opened(io.BytesIO(archive), **options) as opened:
        source = opened.contents.source
        source.seek(0)
        return source.read()


def test_export_restore_export_is_byte_equal(gamma):
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

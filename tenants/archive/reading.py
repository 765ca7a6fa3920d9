"""An archive that was checked from end to end before anything is done with it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO
from uuid import UUID

from tenants.archive import locks
from tenants.archive.columns import OPEN, STORED
from tenants.archive.container import Contents
from tenants.archive.envelope import Envelope
from tenants.archive.refusals import ArchiveDamaged


@dataclass(frozen=True, slots=True)
class Archive:
    """What the header says, and the content behind it."""

    form: str
    unit_id: UUID
    unit_name: str
    schema_step: str
    made_at: str
    made_by: str
    signer: str
    digest: str
    size: int
    contents: Contents

    @property
    def rows(self) -> int:
        """Rows of all tables, as the manifest counts them."""
        entries = self.contents.entries.items()
        return sum(facts["rows"] for name, facts in entries if name.startswith("tables/"))


@contextmanager
def opened(source: BinaryIO, *, passphrase: str = "", trusted: str = "") -> Iterator[Archive]:
    """Checks the signature, unlocks, and compares every entry with the manifest.

    ``trusted`` is the public key of another platform whose archives are taken.  Raises what
    ``tenants.archive.refusals`` says of files and keys; nothing was changed then.
    """
    envelope = Envelope(source)
    digest = envelope.verify(trusted=trusted)
    header = envelope.header
    try:
        unit_id = UUID(header["unit"]["id"])
        form, key = header["form"], header["key"]
        said: dict[str, Any] = {
            "unit_name": str(header["unit"]["name"]),
            "schema_step": str(header["schema_step"]),
            "made_at": str(header["made_at"]),
            "made_by": str(header["made_by"]),
            "signer": str(header["signer"]),
        }
    except (KeyError, TypeError, ValueError) as odd:
        raise ArchiveDamaged from odd
    if form not in {OPEN, STORED}:
        raise ArchiveDamaged
    plain: Any = io.BufferedReader(
        envelope.opened(locks.unlock(key, unit_id=unit_id, passphrase=passphrase)), 1 << 20
    )
    contents = Contents(plain)
    if contents.manifest.get("schema_step") != said["schema_step"]:
        raise ArchiveDamaged
    contents.verify()
    yield Archive(
        form=form, unit_id=unit_id, digest=digest, size=envelope.size, contents=contents, **said
    )

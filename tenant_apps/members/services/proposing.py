"""Files about others than members (organisations, applicants) take the same way: compared, decided
on row by row, applied by a job, taken back.  Who knows their rules registers a writer.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from django.db import transaction

from kernel import clock
from kernel.actor import Actor
from kernel.crypto import unit_cipher
from kernel.models import uuid7s
from tenant_apps.members.models import Update, UpdateRow
from tenant_apps.members.services import update_claims
from tenant_apps.members.services.comparing import SEAL

Pairs = Mapping[str, Sequence[Any]]
"""Field -> old and new value, as JSON holds them."""


class Refused(Exception):
    """A row that cannot be written, with the sentence that people see."""

    def __init__(self, sentence: str, outcome: str = UpdateRow.Outcome.FAILED) -> None:
        self.sentence, self.outcome = sentence, outcome
        super().__init__(sentence)


class Writer(Protocol):
    """Writes and takes back one accepted row; raises Refused and DomainError for one that cannot
    be.  What ``apply`` returns is kept with the row for ``restore``.
    """

    def apply(
        self, row: UpdateRow, pairs: Pairs, *, reason: str, actor: Actor, now: dt.datetime
    ) -> Mapping[str, Any]: ...

    def restore(
        self, row: UpdateRow, pairs: Pairs, *, reason: str, actor: Actor, now: dt.datetime
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Proposal:
    """What one row of the file would do.  ``sealed`` are pairs that stand masked in ``fields``."""

    row: str
    kind: UpdateRow.Kind
    name: str
    fields: Pairs = field(default_factory=dict)
    sealed: Pairs = field(default_factory=dict)
    org_id: UUID | None = None
    identity_masked: str = ""
    note: str = ""


_writers: dict[str, Writer] = {}


def register(source: str, writer: Writer) -> None:
    """Says who writes rows of files of ``source``; called once, in ``AppConfig.ready``."""
    _writers[source] = writer


def writer_of(update: Update) -> Writer | None:
    """Who writes the rows; nobody but the members themselves where nobody registered."""
    return _writers.get(update.source)


def propose(held: Update, proposals: Sequence[Proposal], *, counts: Mapping[str, int]) -> None:
    """Stores what a whole file proposes, once: what an earlier worker left is replaced."""
    with transaction.atomic():
        UpdateRow.objects.filter(update_of=held).delete()
        keys = sorted(uuid7s(len(proposals)))  # parents before what hangs below them
        rows = [_row(held, one, key) for key, one in zip(keys, proposals, strict=True)]
        UpdateRow.objects.bulk_create(rows, batch_size=1_000)
        kinds: dict[str, int] = {}
        for one in rows:
            kinds[one.kind] = kinds.get(one.kind, 0) + 1
        update_claims.write(
            held,
            counts={**counts, **kinds},
            total=counts["rows"],
            done_rows=counts["rows"],
            claimed_until=clock.now() + update_claims.LEASE,
        )


def pairs_of(row: UpdateRow) -> dict[str, Any]:
    """Old and new values of a row in the clear."""
    sealed = json.loads(unit_cipher().open(bytes(row.sealed), column=SEAL)) if row.sealed else {}
    return {**row.fields, **sealed}


def applied_row(update_id: UUID, key: str, value: str) -> dict[str, Any] | None:
    """The fields of an applied row of the same file whose new value of ``key`` is ``value``."""
    rows = UpdateRow.objects.filter(
        update_of_id=update_id, outcome=UpdateRow.Outcome.APPLIED, **{f"fields__{key}__1": value}
    )
    return rows.values_list("fields", flat=True).first()


def _row(held: Update, one: Proposal, key: UUID) -> UpdateRow:
    text = json.dumps({key: list(pair) for key, pair in one.sealed.items()}, ensure_ascii=False)
    return UpdateRow(
        pk=key,
        update_of=held,
        row=one.row,
        kind=one.kind,
        org_id=one.org_id,
        name=one.name[:60],
        identity_masked=one.identity_masked,
        fields={key: list(pair) for key, pair in one.fields.items()},
        sealed=unit_cipher().seal(text, column=SEAL) if one.sealed else None,
        note=one.note,
    )

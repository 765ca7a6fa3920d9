"""What a file says, held against the files of the members that are there.

People are known by identity number, else by staff number; name and birthday only suggest.  What a
file leaves blank says nothing; 人员类别, posts and the state of a membership are never proposed,
for people resolve on them (rulebook 0.2 rule 5).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q

from kernel import arrays, clock
from kernel.crypto import Cipher, unit_cipher
from kernel.masks import masked
from kernel.models import UUID7_SQL
from shared_apps.rules.selectors import codes
from tenant_apps.members.models import Category, Member, Update, UpdateRow
from tenant_apps.members.selectors import fields, ranks
from tenant_apps.members.services import bulk_rows, sealing, update_claims
from tenant_apps.members.services.bulk_filing import SEALED, current
from tenant_apps.organizations.selectors.gates import within

CHUNK: Final = 2_000
"""Rows per transaction: a second of work, so that progress is seen and little is redone."""
SEAL: Final = "members.secrets"
DUES: Final = "dues"
"""What dues somebody new pays, by the file; sealed, for it tells the wage."""
_OF_FULL_MEMBERS: Final = ("full_on", "conversion")
_BIRTHDAY: Final = "birth_on"


class Dues(NamedTuple):
    """What a file says of somebody's dues: category, base in fen, and both in words."""

    category: str
    base_fen: int | None
    words: str


class Incoming(NamedTuple):
    """A person as a file has it: ``row`` says where; ``identity`` and ``staff_number`` may be
    missing, not both.  ``org_id`` is the branch the file names, if it is one of ours; ``values``
    maps columns of the member's file (phone and address in the clear) to what the file says.
    """

    row: str
    name: str
    identity: str
    staff_number: str
    org_id: UUID | None
    category: str
    values: Mapping[str, Any]
    dues: Dues | None = None


@dataclass(slots=True)
class Findings:
    """Figures, and rows that were left out with the rule that says why."""

    counts: Counter[str] = field(default_factory=Counter)
    left_out: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for a whole file.  ``marks`` are the blind indexes of all identity numbers in it;
    ``holders`` the branches that may take somebody in; ``takes_new``: unknown people are proposed
    as new members (a file of all staff names many who are none).
    """

    paths: tuple[str, ...]
    marks: Collection[bytes]
    holders: Collection[UUID]
    takes_new: bool


def mark_of(identity: str) -> bytes:
    """The blind index of an identity number in the unit in force."""
    return _mark(unit_cipher(), identity)


def paths_of(update: Update) -> tuple[str, ...]:
    """The sub-trees of who handed the file in."""
    return tuple(scope for _, scope in update.roles)


def compare(held: Update, rows: Sequence[Incoming], terms: Terms) -> Findings:
    """Proposals for one chunk, with the progress, in one transaction."""
    findings = Findings(Counter(held.counts))
    comparison = _Comparison(rows, terms)
    made = [proposal for row in rows for proposal in comparison.proposals(row, held, findings)]
    findings.counts["rows"] += len(rows)
    findings.counts.update(one.kind for one in made)
    with transaction.atomic():
        bulk_rows.insert(made)
        update_claims.write(
            held,
            counts=dict(findings.counts),
            done_rows=held.done_rows + len(rows),
            claimed_until=clock.now() + update_claims.LEASE,
        )
    return findings


def note_missing(held: Update, terms: Terms) -> int:
    """Lists the members whom the file does not name; they are shown and never removed."""
    reach = within(terms.paths, field="org_path")
    with transaction.atomic():
        UpdateRow.objects.filter(update_of=held, kind=UpdateRow.Kind.MISSING).delete()
        members = Member.objects.filter(reach, is_active=True)
        members = members.exclude(pk__in=_suggested(held)).order_by()
        columns = ("id", "org_id", "name", "identity_masked", "identity_index")
        sql, parameters = members.values(*columns).query.sql_with_params()
        with connection.cursor() as cursor:
            marks = arrays.joined([(arrays.octets(mark),) for mark in terms.marks] or [("",)])
            cursor.execute(_MISSING.format(members=sql), [held.pk, *parameters, *marks])
            count: int = cursor.rowcount
    return count


_MISSING: Final = f"""
INSERT INTO {UpdateRow._meta.db_table}
    (id, update_of_id, "row", kind, member_id, org_id, name, identity_masked, fields, version,
     decision, outcome, note)
SELECT {UUID7_SQL}, %s, '', 'MISSING', here.id, here.org_id, here.name, here.identity_masked,
       '{{{{}}}}'::jsonb, 0, 'OPEN', '', ''
FROM ({{members}}) AS here
LEFT JOIN {arrays.unnested({"mark": "bytea"}, name="named")} ON named.mark = here.identity_index
WHERE named.mark IS NULL
"""


def _suggested(held: Update) -> Any:
    rows = UpdateRow.objects.filter(update_of=held, kind=UpdateRow.Kind.SUGGESTED)
    return rows.values("member_id")


class _Comparison:
    """One chunk against the members it may mean, read in at most three statements."""

    def __init__(self, rows: Sequence[Incoming], terms: Terms) -> None:
        self._terms, self._cipher = terms, unit_cipher()
        self._tables = {
            one.key: codes.table(one.table)
            for one in fields.FIELDS
            if one.kind is fields.Kind.LABEL
        }
        self._marks = {row.row: _mark(self._cipher, row.identity) for row in rows if row.identity}
        self._by_mark = {
            bytes(one.identity_index): one
            for one in _members(identity_index__in=self._marks.values())
        }
        numbers = {row.staff_number for row in rows if row.staff_number and not row.identity}
        self._by_number = {
            one.staff_number: one for one in _members(staff_number__in=numbers, is_active=True)
        }
        unknown = {row.name for row in rows if self._known(row) is None}
        self._by_name: dict[str, list[Member]] = {}
        for one in _members(name__in=unknown, is_active=True):
            self._by_name.setdefault(one.name, []).append(one)

    def proposals(self, row: Incoming, held: Update, findings: Findings) -> list[UpdateRow]:
        member = self._known(row)
        if member is None or not member.is_active:
            return self._of_unknown(row, member, held, findings)
        if not any(member.org_path.startswith(path) for path in self._terms.paths):
            findings.left_out.append((row.row, "outside"))
            return []
        changed = self._difference(row, member)
        made = []
        if changed:
            made.append(self._proposal(row, held, UpdateRow.Kind.CHANGE, member, changed))
        if row.org_id and row.org_id != member.org_id:
            if row.org_id in self._terms.holders:
                made.append(self._move(row, held, member))
            else:
                findings.left_out.append((row.row, "org_holds_nobody"))
        if row.category and row.category != member.category:
            findings.left_out.append((row.row, "category_differs"))
        if not made:
            findings.counts["unchanged"] += 1
        return made

    def _known(self, row: Incoming) -> Member | None:
        if row.identity:
            return self._by_mark.get(self._marks[row.row])
        return self._by_number.get(row.staff_number)

    def _of_unknown(
        self, row: Incoming, gone: Member | None, held: Update, findings: Findings
    ) -> list[UpdateRow]:
        alike = None if gone else self._alike(row)
        if alike is not None:
            changed = self._difference(row, alike)
            if row.identity:
                changed["identity"] = (current(alike, "identity"), row.identity)
            return [self._proposal(row, held, UpdateRow.Kind.SUGGESTED, alike, changed)]
        if not self._terms.takes_new:
            findings.counts["no_member"] += 1
            return []
        if row.org_id not in self._terms.holders:
            findings.left_out.append((row.row, "org_unknown"))
            return []
        return [self._newcomer(row, held, gone)]

    def _alike(self, row: Incoming) -> Member | None:
        """The one member of that name and birthday whom the file does not name elsewhere."""
        born = row.values.get(_BIRTHDAY)
        found = [
            one
            for one in self._by_name.get(row.name, [])
            if born is not None
            and one.birth_on == born
            and bytes(one.identity_index) not in self._terms.marks
            and any(one.org_path.startswith(path) for path in self._terms.paths)
        ]
        return found[0] if len(found) == 1 else None

    def _difference(self, row: Incoming, member: Member) -> dict[str, tuple[Any, Any]]:
        """What the file says otherwise: field -> (old, new)."""
        said = {
            key: new
            for key, new in self._said(row)
            if not (member.category == Category.PROBATIONARY and key in _OF_FULL_MEMBERS)
            and not self._is_same(member, key, new)
        }
        said |= ranks.following(member.technical_duty, said)
        return {key: (current(member, key), new) for key, new in said.items()}

    def _said(self, row: Incoming) -> list[tuple[str, Any]]:
        said = {**row.values, "name": row.name, "staff_number": row.staff_number}
        return [(key, value) for key, value in said.items() if value not in ("", None)]

    def _is_same(self, member: Member, key: str, new: Any) -> bool:
        if key == "phone":
            mark = self._cipher.index(sealing.normal_phone(new), purpose="phone")
            return member.phone_index is not None and bytes(member.phone_index) == mark
        old = current(member, key)
        table = self._tables.get(key)
        if table is not None and old:
            return table.code_of(old) == table.code_of(new) != ""
        return bool(old == new)

    def _proposal(
        self,
        row: Incoming,
        held: Update,
        kind: UpdateRow.Kind,
        member: Member,
        changed: Mapping[str, tuple[Any, Any]],
    ) -> UpdateRow:
        return UpdateRow(
            update_of=held,
            row=row.row,
            kind=kind,
            member_id=member.pk,
            org_id=member.org_id,
            name=member.name,
            identity_masked=member.identity_masked,
            fields={
                key: [_shown(key, old), _shown(key, new)] for key, (old, new) in changed.items()
            },
            sealed=self._sealed({key: pair for key, pair in changed.items() if key in SEALED}),
            version=member.version,
        )

    def _move(self, row: Incoming, held: Update, member: Member) -> UpdateRow:
        return UpdateRow(
            update_of=held,
            row=row.row,
            kind=UpdateRow.Kind.MOVE,
            member_id=member.pk,
            org_id=row.org_id,
            name=member.name,
            identity_masked=member.identity_masked,
            fields={"org": [str(member.org_id), str(row.org_id)]},
            version=member.version,
        )

    def _newcomer(self, row: Incoming, held: Update, gone: Member | None) -> UpdateRow:
        values = dict(self._said(row))
        values["category"] = row.category or Category.FULL
        values["identity"] = row.identity
        if values["category"] == Category.PROBATIONARY:
            values = {key: value for key, value in values.items() if key not in _OF_FULL_MEMBERS}
        return UpdateRow(
            update_of=held,
            row=row.row,
            kind=UpdateRow.Kind.NEW,
            member_id=gone.pk if gone else None,
            org_id=row.org_id,
            name=row.name,
            identity_masked=masked(row.identity),
            fields={key: ["", _shown(key, value)] for key, value in values.items()}
            | ({DUES: ["", row.dues.words]} if row.dues else {}),
            sealed=self._sealed(
                {key: ("", values[key]) for key in SEALED if values.get(key)}
                | ({DUES: ("", [row.dues.category, row.dues.base_fen])} if row.dues else {})
            ),
            note="曾在本单位，接受后恢复原档案" if gone else "",
        )

    def _sealed(self, pairs: Mapping[str, tuple[Any, Any]]) -> bytes | None:
        if not pairs:
            return None
        text = json.dumps({key: list(pair) for key, pair in pairs.items()}, ensure_ascii=False)
        return self._cipher.seal(text, column=SEAL)


def dues_of(row: UpdateRow) -> tuple[str, int | None] | None:
    """Category and base in fen of somebody new, where the file says them."""
    if DUES not in row.fields or not row.sealed:
        return None
    category, base_fen = json.loads(unit_cipher().open(bytes(row.sealed), column=SEAL))[DUES][1]
    return category, base_fen


def values_of(row: UpdateRow) -> dict[str, tuple[Any, Any]]:
    """Old and new values of a proposal in the clear, dates as dates."""
    sealed = json.loads(unit_cipher().open(bytes(row.sealed), column=SEAL)) if row.sealed else {}
    pairs = {**row.fields, **sealed}
    return {
        key: (fields.read(fields.BY_KEY[key], old), fields.read(fields.BY_KEY[key], new))
        for key, (old, new) in pairs.items()
        if key in fields.BY_KEY
    }


def _shown(key: str, value: Any) -> Any:
    """A value as the row keeps it in the clear."""
    if key in SEALED:
        return masked(value) if key != "address" else f"{str(value)[:6]}****" if value else ""
    return fields.plain(value)


def _mark(cipher: Cipher, identity: str) -> bytes:
    return cipher.index(sealing.normal_identity(identity), purpose="identity")


def _members(**wanted: Any) -> list[Member]:
    if not all(wanted.values()):
        return []
    return list(
        Member.objects.filter(
            Q(**{k: list(v) if k.endswith("__in") else v for k, v in wanted.items()})
        )
    )

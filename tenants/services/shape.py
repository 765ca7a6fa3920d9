"""What a schema is made of, read from the catalogue for many schemas in one query.

A fact is one line of text about one thing: a table, a column with its type, nullability and
default, a constraint, an index, a right, and whatever else should not be there.  The names of
the schema and of its role are left out, so equal schemas have equal facts and equal hashes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import NamedTuple

from django.db import connections

from tenants.services import grants

_FACTS = """
WITH space AS (
    SELECT n.oid, n.nspname::text AS name, n.nspacl, n.nspowner, r.oid AS role
    FROM pg_namespace n LEFT JOIN pg_roles r ON r.rolname = n.nspname
    WHERE n.nspname = ANY(%s)
), rel AS (
    SELECT c.oid, c.relname::text AS relation, c.relkind, c.relacl, c.relowner,
           c.relrowsecurity, s.name, s.role
    FROM pg_class c JOIN space s ON s.oid = c.relnamespace
), fact (name, kind, item, said) AS (
    SELECT name, 'table', relation,
           relkind::text || CASE WHEN relrowsecurity THEN ' secured' ELSE '' END
    FROM rel WHERE relkind NOT IN ('i', 'I', 't')
    UNION ALL
    SELECT name, 'column', relation || '.' || a.attname,
           format_type(a.atttypid, a.atttypmod)
           || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
           || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')
           || CASE WHEN a.attidentity <> '' THEN ' IDENTITY' ELSE '' END
           || CASE WHEN a.attgenerated <> '' THEN ' GENERATED' ELSE '' END
    FROM rel JOIN pg_attribute a ON a.attrelid = rel.oid AND a.attnum > 0
    LEFT JOIN pg_attrdef d ON d.adrelid = rel.oid AND d.adnum = a.attnum
    WHERE NOT a.attisdropped AND relkind IN ('r', 'p', 'f', 'v', 'm')
    UNION ALL
    SELECT name, 'constraint', relation || '.' || k.conname, pg_get_constraintdef(k.oid)
    FROM rel JOIN pg_constraint k ON k.conrelid = rel.oid WHERE k.contype <> 'n'
    UNION ALL
    SELECT name, 'index', relation,
           pg_get_indexdef(rel.oid) || CASE WHEN x.indisvalid THEN '' ELSE ' INVALID' END
    FROM rel JOIN pg_index x ON x.indexrelid = rel.oid
    UNION ALL
    SELECT name, 'trigger', relation || '.' || t.tgname, pg_get_triggerdef(t.oid)
    FROM rel JOIN pg_trigger t ON t.tgrelid = rel.oid WHERE NOT t.tgisinternal
    UNION ALL
    SELECT name, 'policy', relation || '.' || p.polname, p.polcmd::text
    FROM rel JOIN pg_policy p ON p.polrelid = rel.oid
    UNION ALL
    SELECT s.name, 'function', p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
           md5(p.prosrc)
    FROM space s JOIN pg_proc p ON p.pronamespace = s.oid
    UNION ALL
    SELECT s.name, 'type', t.typname::text, t.typtype::text
    FROM space s JOIN pg_type t ON t.typnamespace = s.oid AND t.typtype IN ('d', 'e', 'r', 'm')
    UNION ALL
    SELECT name, 'right', relation || CASE WHEN g.grantee = role THEN ''
           ELSE ' of ' || g.grantee::regrole::text END,
           string_agg(g.privilege_type, ', ' ORDER BY g.privilege_type)
    FROM rel, aclexplode(relacl) g
    WHERE g.grantee <> relowner GROUP BY name, relation, role, g.grantee
    UNION ALL
    SELECT name, 'right', relation || '.' || a.attname, 'on the column'
    FROM rel JOIN pg_attribute a ON a.attrelid = rel.oid WHERE a.attacl IS NOT NULL
    UNION ALL
    SELECT name, 'right', CASE WHEN g.grantee = role THEN '' ELSE
           'of ' || g.grantee::regrole::text END,
           string_agg(g.privilege_type, ', ' ORDER BY g.privilege_type)
    FROM space, aclexplode(nspacl) g
    WHERE g.grantee <> nspowner GROUP BY name, role, g.grantee
), line AS (
    SELECT name, kind, item, replace(said, name || '.', '') AS said FROM fact
)
"""
_HASHES = f"""{_FACTS}
SELECT name, encode(sha256(convert_to(
    string_agg(kind || ' ' || item || ': ' || said, E'\\n'
               ORDER BY (kind || ' ' || item || ': ' || said) COLLATE "C"), 'UTF8')), 'hex')
FROM line GROUP BY name
"""


class Thing(NamedTuple):
    """What a fact is about: its kind and its name within the schema."""

    kind: str
    item: str


Facts = dict[Thing, str]


def facts_of(schema: str, *, using: str = "owner") -> Facts:
    """Everything about one schema; the catalogue may be read by any role."""
    with connections[using].cursor() as cursor:
        cursor.execute(f"{_FACTS} SELECT kind, item, said FROM line", [[schema]])
        return {Thing(kind, item): said for kind, item, said in cursor.fetchall()}


def hashes_of(schemas: Sequence[str], *, using: str = "owner") -> dict[str, str]:
    """One hash per schema that exists, computed in the database in one query."""
    with connections[using].cursor() as cursor:
        cursor.execute(_HASHES, [list(schemas)])
        return dict(cursor.fetchall())


def hash_of(facts: Facts) -> str:
    """The same hash of facts that are here."""
    lines = sorted(f"{thing.kind} {thing.item}: {said}" for thing, said in facts.items())
    return sha256("\n".join(lines).encode()).hexdigest()


def expected_of_units(template: Facts) -> Facts:
    """The template's facts with the rights that a unit's role must hold in its own schema."""
    tables = {thing.item for thing in template if thing.kind == "table"}
    rights = {
        Thing("right", model._meta.db_table): ", ".join(sorted(grants.access_of(model).split(", ")))
        for model in grants.unit_models()
        if model._meta.db_table in tables
    }
    return {**template, **rights, Thing("right", ""): "USAGE"}


def differences(*, expected: Facts, found: Facts) -> list[dict[str, str]]:
    """Thing by thing, what should be and what is; an empty text stands for nothing at all."""
    return [
        {
            "kind": thing.kind,
            "item": thing.item,
            "expected": expected.get(thing, ""),
            "found": found.get(thing, ""),
        }
        for thing in sorted(_all(expected, found))
        if expected.get(thing) != found.get(thing)
    ]


def _all(*facts: Iterable[Thing]) -> set[Thing]:
    return {thing for each in facts for thing in each}

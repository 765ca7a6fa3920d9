"""What a unit's role can reach outside its own schema, and who can act as it.

``shape`` sees every right that is held *in* a schema.  Here is the other side: rights, roles and
attributes by which the role of one unit would get beyond its own.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Final

from django.conf import settings
from django.db import connections

from tenants.services.grants import UNIT_GROUP

_OUTSIDE: Final = """
WITH role AS (
    SELECT oid, rolname::text AS name, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb,
           rolreplication
    FROM pg_roles WHERE rolname ~ '^t_[a-z2-7]{26}$'
), place AS (
    SELECT role.name, coalesce(space.nspname::text, home.nspname::text || '.' || rel.relname,
                               'object ' || d.objid) AS item, coalesce(space.nspname, home.nspname)
           = role.name AS is_own
    FROM pg_shdepend d JOIN role ON role.oid = d.refobjid
    LEFT JOIN pg_namespace space ON d.classid = 'pg_namespace'::regclass AND space.oid = d.objid
    LEFT JOIN pg_class rel ON d.classid = 'pg_class'::regclass AND rel.oid = d.objid
    LEFT JOIN pg_namespace home ON home.oid = rel.relnamespace
    WHERE d.refclassid = 'pg_authid'::regclass AND d.deptype IN ('a', 'o')
      AND d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
)
SELECT name, item, 'a right or more' FROM place WHERE is_own IS NOT TRUE
UNION ALL
SELECT role.name, 'role ' || given.rolname, 'member' FROM pg_auth_members m
JOIN role ON role.oid = m.member JOIN pg_roles given ON given.oid = m.roleid
WHERE given.rolname <> %(group)s
UNION ALL
SELECT role.name, 'role of its own', taker.rolname FROM pg_auth_members m
JOIN role ON role.oid = m.roleid JOIN pg_roles taker ON taker.oid = m.member
WHERE taker.rolname <> ALL(%(logins)s)
UNION ALL
SELECT name, 'attributes', concat_ws(', ',
    CASE WHEN rolsuper THEN 'SUPERUSER' END, CASE WHEN rolbypassrls THEN 'BYPASSRLS' END,
    CASE WHEN rolcreaterole THEN 'CREATEROLE' END, CASE WHEN rolcreatedb THEN 'CREATEDB' END,
    CASE WHEN rolreplication THEN 'REPLICATION' END)
FROM role WHERE rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication
"""


def foreign_grants(*, using: str = "owner") -> dict[str, list[dict[str, str]]]:
    """By the name of schema and role, what the role holds beyond its own, in the words of a drift
    finding; one query over all units, which reads who depends on whom and no table's rights.
    """
    logins = [str(settings.DATABASES[alias]["USER"]) for alias in ("default", "owner")]
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    with connections[using].cursor() as cursor:
        cursor.execute(_OUTSIDE, {"group": UNIT_GROUP, "logins": logins})
        for name, item, said in cursor.fetchall():
            found[name].append({"kind": "right", "item": item, "expected": "", "found": said})
    return dict(found)

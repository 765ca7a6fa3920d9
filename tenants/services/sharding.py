"""The switch ``DISTRIBUTED_SCHEMAS``: what a Citus cluster must be told, and nothing without it.

The cluster puts every schema that is created with its setting on to one of its nodes; shared
tables are registered by their kind (``tenants.distribution``) while they are empty.  Roles of
units may log in there, without a password, because nodes open connections to each other under
the role in force; who may come from where is the business of pg_hba.conf (deploy/citus.md).
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import connections, transaction

from tenants.distribution import Kind, kind_of
from tenants.services import grants

_REGISTER = {
    Kind.REFERENCE: "SELECT create_reference_table(%s)",
    Kind.MANAGED: "SELECT citus_add_local_table_to_metadata(%s, cascade_via_foreign_keys => true)",
}


def login() -> str:
    """What the role of a unit is made with."""
    return "LOGIN" if settings.DISTRIBUTED_SCHEMAS else "NOLOGIN"


def before_schema() -> list[str]:
    """What is sent before CREATE SCHEMA, in its transaction: the schema goes to a node."""
    if not settings.DISTRIBUTED_SCHEMAS:
        return []
    return ["SET LOCAL citus.enable_schema_based_sharding = on"]


def register_shared() -> int:
    """Tells the cluster about the shared tables that it does not know yet; returns how many.

    Reference tables come first: registering one that is tied to others by keys takes those
    along, and they would be taken along as what they are not.
    """
    if not settings.DISTRIBUTED_SCHEMAS:
        return 0
    told = 0
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        for kind, statement in _REGISTER.items():
            for model in grants.shared_models():
                table = f"public.{model._meta.db_table}"
                if kind_of(model) is kind and not _is_known(cursor, table):
                    cursor.execute(statement, [table])
                    told += 1
    return told


def _is_known(cursor: Any, table: str) -> bool:
    cursor.execute("SELECT 1 FROM pg_dist_partition WHERE logicalrel = to_regclass(%s)", [table])
    return cursor.fetchone() is not None

"""What the yearly statistics read of the tree: a statement that gives every organisation."""

from __future__ import annotations

from typing import Final

from tenant_apps.organizations.models import Organization

COLUMNS: Final = ("org_id", "path", "name", "kind")


def statement() -> str:
    """Every organisation that there is or was, with its place; without parameters."""
    return f"SELECT id, path, name, kind FROM {Organization._meta.db_table}"

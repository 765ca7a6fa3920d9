"""What of a closed unit lies in the shared tables: which rows go with it and which stay."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import connections, models
from django.db.models import ProtectedError

from tenants.models import Unit
from tenants.services.grants import shared_models, unit_models


class NotOfAProbe(RuntimeError):
    """Somebody asked to forget a client's unit, of which some rows have to stay."""


class NothingLeftToRelease(RuntimeError):
    """Rows of a unit are held by rows that stay: the models contradict one another."""


def rows_of(unit: Unit) -> dict[str, int]:
    """How many rows each table of the unit's schema holds; read in the unit."""
    return {
        model._meta.db_table: count
        for model in unit_models()
        if (count := model._default_manager.count())
    }


def release(*, unit_id: UUID) -> tuple[dict[str, int], dict[str, int]]:
    """Deletes the unit's rows from the shared tables, in the owner's transaction in progress.

    A model whose rows carry a unit is cleared unless it says in ``outlives_unit`` what it is
    kept for.  Returns (deleted by table, kept by table).
    """
    kept: dict[str, int] = {}
    waiting: list[tuple[type[models.Model], str]] = []
    for model, column in _of_units():
        if getattr(model, "outlives_unit", ""):
            rows = model._default_manager.using("owner").filter(**{column: unit_id})
            kept[model._meta.db_table] = rows.count()
        else:
            waiting.append((model, column))
    deleted: dict[str, int] = {}
    while waiting:
        held = [pair for pair in waiting if not _delete(*pair, unit_id, deleted)]
        if len(held) == len(waiting):
            raise NothingLeftToRelease(", ".join(model.__name__ for model, _ in held))
        waiting = held
    return deleted, {table: count for table, count in kept.items() if count}


def forget(*, unit_id: UUID) -> None:
    """Deletes every row of the unit, those too that outlive a client's, and the unit itself.

    Only for units that a probe opened: raises NotOfAProbe for any other.  In the owner's
    transaction in progress.
    """
    forgotten = Unit.objects.using("owner").filter(pk=unit_id, is_synthetic=True)
    if not forgotten.exists():
        raise NotOfAProbe(unit_id)
    waiting = list(_of_units())
    while waiting:
        held = [pair for pair in waiting if not _delete(*pair, unit_id, {})]
        if len(held) == len(waiting):
            raise NothingLeftToRelease(", ".join(model.__name__ for model, _ in held))
        waiting = held
    forgotten.delete()


def kept_for() -> dict[str, str]:
    """What the rows that stay are, by table."""
    return {
        model._meta.db_table: words
        for model, _ in _of_units()
        if (words := getattr(model, "outlives_unit", ""))
    }


def _of_units() -> Iterator[tuple[type[models.Model], str]]:
    """Shared models whose rows belong to one unit, with the column that says which."""
    for model in shared_models():
        for field in model._meta.concrete_fields:
            if field.related_model is Unit or field.attname == "unit_id":
                yield model, field.attname
                break


def _delete(model: type[models.Model], column: str, unit_id: UUID, deleted: dict[str, int]) -> bool:
    rows: Any = model._default_manager.using("owner").filter(**{column: unit_id})
    try:
        _, by_label = rows.delete()
    except ProtectedError:
        return False
    for label, count in by_label.items():
        if count:
            deleted[label] = deleted.get(label, 0) + count
    return True


def lock_numbers() -> None:
    """Makes numbering take turns, until the owner's transaction in progress ends."""
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_NUMBERS_LOCK])


_NUMBERS_LOCK = 7_203_117

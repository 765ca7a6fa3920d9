"""Canary values: whatever belongs to a unit says so, in every column that can hold a word.

A row of every table is made by walking the models, so that a new table or column carries its
unit's mark by itself; a column that cannot carry it is named in ``SHAPED`` with its value, or the
walk fails.  Both units get the same rows in the same places: same paths, same months, same
numbers of receipts.  What differs is the mark.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from kernel import clock
from kernel.crypto import unit_cipher
from kernel.models import UnitBoundShared, uuid7
from kernel.money import yuan
from kernel.unit import in_unit, shared_context, unit_context
from tenants.archive.models import BackupKind
from tenants.models import Unit
from tenants.services import grants
from tests.isolation import furniture

NOW = dt.datetime(2026, 11, 22, 1, 0, tzinfo=dt.UTC)
PLANTED_PATH = "00010009"


@dataclass(frozen=True, slots=True)
class Mark:
    """What tells one unit's values from all others."""

    word: str
    """In every text of the unit's own schema: nobody outside the unit ever sees it."""
    shared_word: str
    """In every text of its rows in shared tables: the platform may see it, no other unit."""
    fen: int
    """In every amount of money."""

    @property
    def texts(self) -> tuple[str, ...]:
        return (self.word, self.shared_word, str(self.fen), yuan(self.fen))


MARKS = {"alpha": Mark("龘", "麤", 71_234_567), "beta": Mark("鱻", "羴", 82_345_678)}

Shaped = Callable[[Any], Any]
SHAPED: dict[str, Shaped] = {
    "organizations.Organization.path": lambda unit: PLANTED_PATH,
    "organizations.Organization.depth": lambda unit: 2,
    "organizations.Organization.kind": lambda unit: "BRANCH",
    "members.Member.org_path": lambda unit: PLANTED_PATH,
    "members.Member.gender": lambda unit: "F",
    "members.Export.roles": lambda unit: [],
    "members.Export.order": lambda unit: {"form": "xlsx", "columns": [], "is_full": False},
    "dues.Standard.category": lambda unit: "WAGE",
    "dues.Bill.org_path": lambda unit: PLANTED_PATH,
    "dues.Bill.state": lambda unit: "PAID",
    "dues.Bill.paid_fen": lambda unit: MARKS[unit.label].fen,
    "dues.Bill.paid_at": lambda unit: NOW,
    "dues.Transfer.org_path": lambda unit: PLANTED_PATH,
    "dues.Resolution.kind": lambda unit: "refunded",
    "dues.Resolution.state": lambda unit: "withdrawn",
    "dues.Receipt.serial": lambda unit: "2026-000001",
    "dues.Receipt.months": lambda unit: [202611],
    "dues.Receipt.verify_code": lambda unit: "SAMECODE",
    "dues.Receipt.channel": lambda unit: "wechat",
    "access.Grant.scope": lambda unit: "",
    "people.Invitation.role": lambda unit: "secretary",
    "people.Invitation.scope": lambda unit: "",
    "people.Invitation.expires_at": lambda unit: NOW + dt.timedelta(days=7),
    "payments.Order.state": lambda unit: "paid",
    "payments.Order.paid_at": lambda unit: NOW,
    "payments.Order.settled_at": lambda unit: NOW,
    "payments.Order.expires_at": lambda unit: NOW + dt.timedelta(minutes=30),
    "payments.Refund.approved_by": lambda unit: None,
    "payments.ChannelConfig.base_url": lambda unit: "http://127.0.0.1:1",
    "usage.Outbox.kind": lambda unit: "state",
    "usage.Report.kind": lambda unit: "state",
    "usage.Report.numbers": lambda unit: {},
    "support.Access.asked_areas": lambda unit: ["members"],
    "support.Access.areas": lambda unit: ["members"],
    "support.Access.asked_hours": lambda unit: 24,
    "support.Access.hours": lambda unit: 24,
    "support.Access.deadline_at": lambda unit: clock.now() + dt.timedelta(hours=24),
    "support.Access.clock_at": lambda unit: clock.now(),
    "tenants.Backup.kind": lambda unit: BackupKind.TAKEOUT,
    "tenants.QueuedWork.scope": lambda unit: str(unit.id),
}
SHAPED |= furniture.shaped()
"""Columns whose value has a form or must be the same in both units; none of them names anybody."""


OWNED = {"support.Access", "tenants.Backup"}
"""Tables of the platform whose rows are also opened by key in the unit that they are about."""


def bound_models() -> Iterator[type[models.Model]]:
    """Shared tables whose rows belong to a unit."""
    return (
        model
        for model in apps.get_models()
        if issubclass(model, UnitBoundShared) or model._meta.label in OWNED
    )


def plant(unit: Any, mark: Mark, given: dict[str, Any]) -> dict[type[models.Model], Any]:
    """One marked row in every table of the unit, and in every shared table for it.

    ``given`` names values of columns that must lead somewhere: ``payments.Order.payer_member_id``.
    """
    made: dict[type[models.Model], Any] = {}
    with unit_context(unit.id):
        for model in _in_order(list(grants.unit_models())):
            made[model] = model.objects.create(**_values(model, unit, mark.word, mark, made, given))
    with shared_context():
        for model in _in_order(list(bound_models())):
            values = _values(model, unit, mark.shared_word, mark, made, given)
            made[model] = model.objects.create(**values)
    return made


def _in_order(wanted: list[type[models.Model]]) -> Iterator[type[models.Model]]:
    """Those that others point to first."""
    while wanted:
        for model in wanted:
            targets = {field.related_model for field in _foreign_keys(model)} - {model}
            if not targets & set(wanted):
                wanted.remove(model)
                yield model
                break
        else:
            raise RuntimeError(f"tables point to each other: {wanted}")


def _foreign_keys(model: type[models.Model]) -> list[Any]:
    return [field for field in model._meta.concrete_fields if field.is_relation]


def _values(model, unit, word, mark, made, given) -> dict[str, Any]:
    values = {}
    for place, field in enumerate(model._meta.concrete_fields):
        if field.primary_key:
            continue
        name = f"{model._meta.label}.{field.name}"
        if name in given:
            values[field.name] = given[name]
        elif name in SHAPED:
            values[field.name] = SHAPED[name](unit)
        elif field.is_relation:
            if field.related_model is Unit:
                values[field.name] = unit
            elif field.related_model in made:
                values[field.name] = made[field.related_model]
        else:
            values[field.name] = _value(field, unit, f"{word}{place}", mark)
    return values


def _value(  # noqa: C901, PLR0911 - one line per kind of column
    field: models.Field, unit: Any, word: str, mark: Mark
) -> Any:
    if field.choices:
        return field.get_default() or field.choices[0][0]
    match field:
        case models.CharField() | models.TextField():
            if field.name == "unit_role":
                return unit.schema_name
            return word[: field.max_length]
        case models.JSONField():
            return [word] if field.default is list else {"word": word}
        case models.BinaryField():
            return _bytes(field, word)
        case models.UUIDField():
            return unit.id if field.name == "unit_id" else uuid7()
        case models.BooleanField() | ArrayField():
            return field.get_default()
        case models.DateTimeField():
            return None if field.null else NOW
        case models.DateField():
            return dt.date(2010, 7, 1)
        case models.IntegerField():
            return _number(field, mark)
    raise RuntimeError(f"no canary for {field}: teach the walk, or name it in SHAPED")


def _bytes(field: models.Field, word: str) -> bytes:
    if field.name == "sealed" or field.name.endswith("_sealed"):
        column_word = "secrets" if field.name == "sealed" else field.name.removesuffix("_sealed")
        column = f"{field.model._meta.app_label}.{column_word}"
        if not in_unit():
            return word.encode()
        return unit_cipher().seal(word, column=column)
    return secrets.token_bytes(32)


def _number(field: models.Field, mark: Mark) -> int:
    if field.has_default():
        return field.get_default()
    if field.name.endswith("_fen"):
        return mark.fen
    return {"month": 202611, "effective_month": 202601, "year": 2026}.get(field.name, 1)


def keys_of(unit: Any) -> dict[str, list[UUID]]:
    """The keys of the unit's rows, by table: its own and its shared ones."""
    found: dict[str, list[UUID]] = {}
    with unit_context(unit.id):
        for model in grants.unit_models():
            found[model._meta.label] = list(model.objects.values_list("pk", flat=True))
    with shared_context():
        for model in bound_models():
            rows = model.objects.filter(unit_id=unit.id)
            found[model._meta.label] = list(rows.values_list("pk", flat=True))
    return found


def marked_columns(unit: Any, mark: Mark) -> Iterator[tuple[str, bool]]:
    """Every column that can hold words, and whether some row of the unit shows the mark in it."""
    with unit_context(unit.id):
        for model in grants.unit_models():
            yield from _marked(model, model.objects.all(), mark.word)
    with shared_context():
        for model in bound_models():
            yield from _marked(model, model.objects.filter(unit_id=unit.id), mark.shared_word)


def _marked(model, rows, word) -> Iterator[tuple[str, bool]]:
    for field in model._meta.concrete_fields:
        name = f"{model._meta.label}.{field.name}"
        is_words = isinstance(field, models.CharField | models.TextField | models.JSONField)
        if not is_words or field.choices or name in SHAPED or field.name == "unit_role":
            continue
        yield name, any(word in str(value) for value in rows.values_list(field.name, flat=True))

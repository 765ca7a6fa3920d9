"""The page 「平台看到了我们什么」 tells the truth: nothing leaves without a description."""

import pytest
from django.db import models

from shared_apps.usage.models import UnitTotal
from shared_apps.usage.selectors.outside import UNIT_COLUMNS, unit_column
from shared_apps.usage.selectors.registers import TABLES
from shared_apps.usage.selectors.wording import NUMBERS
from shared_apps.usage.services import folding, outbox
from tenants.models import Unit
from tenants.services import grants

FIGURES = (
    models.IntegerField, models.FloatField, models.DecimalField, models.JSONField,
    models.DurationField,
)  # fmt: skip


def of_units():
    """Every shared table whose rows name a unit."""
    for model in grants.shared_models():
        columns = {field.column for field in model._meta.concrete_fields}
        if model is not Unit and columns.intersection(UNIT_COLUMNS):
            yield model


def test_every_number_of_every_report_is_described():
    sent = {(kind, name) for kind, names in outbox.NUMBERS.items() for name in names}
    assert {(one.kind, one.name) for one in NUMBERS} == sent
    for one in NUMBERS:
        assert all((one.label, one.meaning, one.why, one.when, one.rule)), one.key


def test_every_number_but_a_month_has_its_value_outside():
    columns = {field.name for field in UnitTotal._meta.fields}
    for one in NUMBERS:
        assert one.column in columns or one.name == "month", one.key
    folded = folding.REPORTED
    assert {one.column: (one.kind, one.name) for one in NUMBERS if one.column in folded} == folded


def test_every_shared_table_that_names_a_unit_is_described():
    described = {table.model for table in TABLES}
    assert {model._meta.label for model in of_units()} - described == set()


def test_every_number_in_them_is_described():
    numbers = {table.model: set(table.numbers) for table in TABLES}
    undescribed = {
        f"{model._meta.label}.{field.name}"
        for model in of_units()
        for field in model._meta.concrete_fields
        if isinstance(field, FIGURES) and field.name not in numbers.get(model._meta.label, set())
    }
    assert undescribed == set()


@pytest.mark.parametrize("table", [table for table in TABLES if table.model != "tenants.Unit"])
def test_no_description_outlives_its_table(table):
    """A description of something that does not exist would be a lie too."""
    labels = {model._meta.label: model for model in of_units()}
    assert table.model in labels
    fields = {field.name for field in labels[table.model]._meta.concrete_fields}
    assert set(table.numbers) <= fields
    assert unit_column(table.model)

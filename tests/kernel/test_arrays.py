"""Rows written as one text per column come back as they were."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from kernel import arrays
from kernel.models import uuid7
from tenant_apps.dues.models import Transfer
from tests.factories.dues import NOW

MEMO = "十一月 \\ ' % 党费"


def line(effect):
    return Transfer(
        at=NOW, debit="1011:wechat:1", credit="4001", amount_fen=12_900, effect=effect,
        order_id=uuid7(), org_path="00010001", memo=MEMO,
    )  # fmt: skip


def test_every_value_comes_back(alpha):
    made = [line("a"), line("b")]
    arrays.insert(made)
    kept = Transfer.objects.in_bulk([one.pk for one in made])
    for one in made:
        assert {f.attname: getattr(one, f.attname) for f in one._meta.concrete_fields} == {
            f.attname: getattr(kept[one.pk], f.attname) for f in one._meta.concrete_fields
        }


def test_nothing_is_nothing(alpha):
    arrays.insert([])
    assert not Transfer.objects.exists()


def test_the_database_refuses_as_ever(alpha):
    arrays.insert([line("a")])
    with pytest.raises(IntegrityError, match="effect"), transaction.atomic():
        arrays.insert([line("a")])

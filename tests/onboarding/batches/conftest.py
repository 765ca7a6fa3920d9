"""Sheets of units, handed in and confirmed."""

import pytest

from kernel.clock import now
from onboarding.services import (
    batch_opening,
    batch_sheet,
    batches,
    credit_codes,
)

HEAD = [column.title for column in batch_sheet.COLUMNS]


def code_of(number, region="320303"):
    body = f"91{region}MA2BT{number:04d}"
    return body + credit_codes.check_character(body)


def line(number=1, **changes):
    values = {
        "name": f"青石{number}号合作社",
        "credit_code": code_of(number),
        "region": "江苏省徐州市",
        "contact_name": "宋佳",
        "contact_phone": f"138{number:08d}",
        "profile": "农村",
        "bank_branch": "彭城支行",
        "agreed_on": "2026-11-01",
    }
    return list({**values, **changes}.values())


def csv(*lines, head=HEAD):
    return "\n".join(",".join(cells) for cells in [head, *lines]).encode()


def handed_in(*lines, officer, name="单位.csv"):
    return batches.receive(filename=name, content=csv(*lines), actor=officer, now=now())


def states(batch):
    return list(batch.rows.values_list("state", flat=True))


@pytest.fixture
def confirmed(made, officer, monkeypatch):
    """A confirmed sheet of three units on which no job has begun to work."""

    def confirm(*lines, by=officer):
        batch = handed_in(*(lines or (line(1), line(2), line(3))), officer=by)
        with monkeypatch.context() as quiet:
            quiet.setattr(batch_opening.work, "after_commit", lambda **kw: None)
            return batches.confirm(batch=batch, actor=by, now=now())

    return confirm

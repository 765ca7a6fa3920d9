"""Two cells in one process: this one is the control cell, and letters can come as from ``east``."""

import datetime as dt

import pytest
from django.test import override_settings

from kernel.clock import now
from kernel.unit import shared_context
from tenants.cells import letters
from tenants.cells.models import Cell
from tests import cast
from tests.conftest import FacingClient

NOW = now()
KEY, NEXT_KEY = bytes(range(32)), bytes(range(1, 33))


def as_east(*keys):
    """The settings of the other cell."""
    return override_settings(
        CELL="east", CONTROL_URL="http://127.0.0.1:1", CELL_KEYS={"east": keys or (KEY,)}
    )


@pytest.fixture
def control(db):
    """The control cell, which knows ``east``."""
    with shared_context(), override_settings(CELL_KEYS={"east": (KEY,)}):
        yield Cell.objects.create(
            name="east",
            upstream="http://10.0.0.5:8000",
            console="http://console-east.test",
            added_at=NOW,
            added_by="测试",
        )


@pytest.fixture
def operator(db):
    return cast.staff(FacingClient(), "operator")


class Post:
    """Sends letters of ``east`` to the control cell; remembers the last one."""

    def __init__(self, client):
        self.client = client
        self.sent = None

    def __call__(self, what, said, *, key=KEY, at=None, cell="east", change=None):
        with as_east(key):
            content, signature, nonce = letters.write(said, now=at or now())
        if change:
            content = change(content)
        self.sent = (what, content, signature, cell)
        answer = self.again()
        if answer.status_code != 200:
            return answer.json()["code"]
        with as_east(key):
            return letters.opened_answer(answer.content, answer["X-Cell-Signature"], nonce=nonce)

    def again(self):
        what, content, signature, cell = self.sent
        return self.client.post(
            f"/api/v1/cells/{what}/",
            letters.packed(content),
            content_type="application/octet-stream",
            SERVER_NAME="console.test",
            headers={"X-Cell": cell, "X-Cell-Signature": signature},
        )


@pytest.fixture
def post(control):
    return Post(FacingClient())


def entry(**changes):
    """A unit of ``east`` as its summary tells it."""
    moment = NOW.isoformat()
    unit = {
        "name": "东湖造船厂", "label": "dhzcc", "credit_code": "91320303MA20EAST0K",
        "region_code": "320500", "bank_branch": "东湖支行", "profile": "enterprise",
        "state": "trial", "created_at": moment, "opened_at": moment,
    }  # fmt: skip
    line = {
        "spelled": "东湖造船厂", "pinyin": "donghuzaochuanchang", "initials": "dhzcc",
        "organizations": 12, "members": 340, "activated": 300, "storage_bytes": 10,
        "active_at": moment, "schema_state": "current", "steps_behind": 0, "errors_day": 2,
        "errors_week": 2, "difference_fen": 0, "drifts": 0, "late_works": 0,
        "backed_up_at": moment, "troubles": ["errors"], "score": 256,
    }  # fmt: skip
    made = {
        "id": "0192f000-0000-7000-8000-000000000001",
        "unit": unit,
        "line": line,
        "paid_fen": 120_000,
        "months": [[202611, 50_000, 20_000]],
    }
    for name, value in changes.items():
        place = next(part for part in (made, unit, line) if name in part)
        place[name] = value
    return made


def summary(*units, serial=1, made_at=None, **changes):
    moment = (made_at or now()).isoformat()
    return {
        "serial": serial, "made_at": moment, "as_of": moment, "units": list(units),
        "labels": [one["unit"]["label"] for one in units],
        "codes": [one["unit"]["credit_code"] for one in units],
    } | changes  # fmt: skip


def later(**span):
    return now() + dt.timedelta(**span)

"""An operator at the console, an administrator in the unit, and the way between them."""

from __future__ import annotations

import re

import pytest

from kernel.clock import now as current
from kernel.unit import shared_context
from shared_apps.people.services import second_factor
from shared_apps.support.models import Access
from tests.cast import officer, person, staff
from tests.conftest import FacingClient

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
WHY = "单位反映十月账单合计与名册不符，需核对"
FORM = {
    "office": "省分行 科技运营部",
    "reason": WHY,
    "areas": ["organizations", "members"],
    "hours": 24,
}


def code_of(who) -> str:
    with shared_context():
        return second_factor.current_code(person=who, now=current())[0]


class Play:
    """Asks, accepts and enters through the pages."""

    def __init__(self, unit):
        self.unit = unit
        self.console = staff(FacingClient(), "operator")
        self.desk = officer(FacingClient(), unit)
        self.administrator = person(f"艾达-unit_admin--{unit.label}")
        with shared_context():
            second_factor.install(person=self.administrator, secret=SECRET, now=current())
        self.visitor = FacingClient(SERVER_NAME=f"{unit.label}.test")

    def ask(self, **changes):
        answer = self.console.post(f"/support/ask/{self.unit.id}/", {**FORM, **changes})
        assert answer.status_code == 302, answer.content.decode()
        return self.access()

    def access(self) -> Access:
        with shared_context():
            return (
                Access.objects.select_related("unit")
                .filter(unit_id=self.unit.id)
                .latest("asked_at")
            )

    def accept(self, **changes):
        access = self.access()
        form = {
            "areas": access.asked_areas,
            "changes": access.asked_changes,
            "hours": access.asked_hours,
            "scope": "*",
            "code": code_of(self.administrator),
            **changes,
        }
        return self.desk.post(f"/support/{access.id}/accept/", form)

    def token(self) -> str:
        page = self.console.post(f"/support/{self.access().id}/enter/").content.decode()
        host = re.escape(f"{self.unit.label}.test")
        return re.search(rf"http://{host}/support/enter/([^/]+)/", page)[1]

    def enter(self, *, client=None, token=""):
        visitor = client or self.visitor
        return visitor.post(f"/support/enter/{token or self.token()}/")

    def all_the_way(self, *, scope="*", **asked):
        self.ask(**asked)
        assert self.accept(scope=scope).status_code == 302
        assert self.enter().status_code == 302
        return self.visitor


@pytest.fixture
def play(alpha):
    return Play(alpha)

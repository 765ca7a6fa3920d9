"""Pages and API over HTTP: the way of an expense and of a sweep, the phone, who is let in."""

import json

import pytest

from kernel.unit import unit_context
from tenant_apps.access.models import Grant
from tenant_apps.dues.selectors import balance
from tenant_apps.treasury.models import Comment, SweepRun, Voucher
from tenant_apps.treasury.services import publishing
from tests import cast
from tests.conftest import FacingClient
from tests.factories.dues import make_owing_member
from tests.tenant_apps.treasury.conftest import DAY, NOON, A, B

EXPENSE = {
    "use": "5001", "org": "000100010001", "bank": "1001", "amount": "100.00", "payee": "新华书店",
    "happened_on": DAY.isoformat(), "summary": "培训教材",
}  # fmt: skip
DECISION = {"minute": "支委会 11 号", "decided_on": DAY.isoformat(), "present": "7"}


@pytest.fixture
def office(books, alpha):
    """Clients of the treasurer, the cashier, the administrator and a branch's treasurer."""
    return {
        name: cast.officer(FacingClient(), alpha, role=role, scope=scope, name=name)
        for name, role, scope in (
            ("ann", "treasurer", ""),
            ("cas", "cashier", ""),
            ("ada", "unit_admin", ""),
            ("bob", "treasurer", "000100010002"),
        )
    }


def shown(client, address, **data) -> str:
    answer = client.get(address, data)
    assert answer.status_code == 200, (address, answer.status_code)
    return answer.content.decode()


class TestDesk:
    def test_an_expense_goes_from_hand_to_hand(self, office, alpha):
        ann, cas, ada = office["ann"], office["cas"], office["ada"]
        bare = ann.post("/treasury/vouchers/expense/", {**EXPENSE, "use": ""})
        assert bare.status_code == 422
        page = ann.post("/treasury/vouchers/expense/", EXPENSE)["Location"]
        assert "登记集体决议" in shown(ann, page)
        assert ann.post(f"{page}decide/", {**DECISION, "present": "0"}).status_code == 422
        ann.post(f"{page}decide/", DECISION)
        assert "等待负责人批准" in shown(ann, page)
        assert cas.post(f"{page}approve/").status_code == 403
        assert cas.post(f"{page}pay/").status_code == 409
        ada.post(f"{page}approve/")
        assert ann.post(f"{page}pay/").status_code == 403
        assert "等待出纳付款" in shown(ada, page)
        assert "已付款，入账" in shown(cas, page)
        assert cas.post(f"{page}pay/").status_code == 302
        with unit_context(alpha.id):
            held = Voucher.objects.get()
            assert (held.state, balance("5001")) == ("PAID", 10_000)
        assert "培训教材" in shown(cas, f"/treasury/ledger/{held.line_id}/")
        assert "培训教材" in shown(ann, "/treasury/ledger/", kind="out")
        assert office["bob"].get(page).status_code == 404
        assert "培训教材" not in shown(office["bob"], "/treasury/ledger/")

    def test_income_is_booked_at_once_and_refused_with_its_reason(self, office):
        given = {**EXPENSE, "kind": "OPENING", "use": ""}
        assert office["cas"].post("/treasury/vouchers/income/", given).status_code == 403
        page = office["ann"].post("/treasury/vouchers/income/", given)["Location"]
        again = office["ann"].post("/treasury/vouchers/income/", given)
        assert (again.status_code, "已有期初余额" in again.content.decode()) == (409, True)
        office["ann"].post(f"{page}reverse/", {"reason": "数字有误"})
        assert "这张单据的冲销" in shown(office["ann"], page)

    def test_a_sweep_from_rule_to_arrival(self, office, alpha):
        ann, cas, ada = office["ann"], office["cas"], office["ada"]
        rule = {"direction": "UP", "depth": "3", "way": "RATIO", "percent": "100"}
        assert ann.post("/treasury/sweeps/rules/", rule).status_code == 403
        ada.post("/treasury/sweeps/rules/", rule)
        assert "100%" in shown(ann, "/treasury/sweeps/")
        days = {"direction": "UP", "first": DAY.replace(day=1), "last": DAY}
        assert office["bob"].post("/treasury/sweeps/plan/", days).status_code == 403
        page = ann.post("/treasury/sweeps/plan/", days)["Location"]
        assert ann.post("/treasury/sweeps/plan/", days).status_code == 409
        assert "等待复核" in shown(ann, page)
        ada.post(f"{page}confirm/")
        with unit_context(alpha.id):
            lines = list(SweepRun.objects.get().lines.all())
        for line in lines:
            assert office["bob"].post(f"/treasury/sweeps/lines/{line.pk}/take/").status_code in {
                403,
                404,
            }
            assert cas.post(f"/treasury/sweeps/lines/{line.pk}/take/").status_code == 302
        assert "已完成" in shown(ada, page)
        assert "2,000.00" in shown(ann, "/treasury/places/")

    def test_every_page_of_the_books_opens(self, office):
        for address in ("", "ledger/", "balances/", "places/", "vouchers/", "publications/"):
            for name in ("ann", "cas", "bob"):
                shown(office[name], f"/treasury/{address}")
        assert "借贷平衡" in shown(office["ann"], "/treasury/balances/")
        for address in ("ledger/", "balances/"):
            sheet = office["ann"].get(f"/treasury/{address}", {"export": "xlsx"})
            assert sheet.content[:2] == b"PK"

    def test_a_year_is_published_and_answered(self, office, books, alpha):
        with unit_context(alpha.id):
            cleo = make_owing_member(path="000100010001")
        page = f"/treasury/publications/{DAY.year}/"
        assert office["cas"].get(page).status_code == 403
        assert office["bob"].get(page).status_code == 403
        phone = cast.member(FacingClient(), alpha, cleo.pk)
        mine = f"/m/publications/{DAY.year}/"
        assert phone.get(mine).status_code == 404
        office["ann"].post(page, {"note": "请全体党员监督"})
        assert "请全体党员监督" in shown(phone, mine)
        phone.post(mine, {"text": "培训费用在哪里？"})
        assert "培训费用在哪里？" in shown(office["ann"], page)
        with unit_context(alpha.id):
            said = Comment.objects.get()
        office["ann"].post(
            f"/treasury/publications/comments/{said.pk}/answer/",
            {"text": "见使用一栏", "is_shown": "on"},
        )
        assert "见使用一栏" in shown(phone, mine)
        office["ann"].post(f"{page}withdraw/", {"reason": "漏记一笔"})
        assert phone.get(mine).status_code == 404


class TestApi:
    def ask(self, client, verb, path, data=None):
        return getattr(client, verb)(
            f"/api/v1/treasury/{path}",
            *([json.dumps(data or {}, default=str)] if verb == "post" else [data or {}]),
            **({"content_type": "application/json"} if verb == "post" else {}),
        )

    def test_reads_and_writes_as_the_pages_do(self, office):
        ann, cas, ada = office["ann"], office["cas"], office["ada"]
        given = {
            "kind": "EXPENSE", "org": "000100010001", "bank": "1001", "amount_fen": 10_000,
            "happened_on": DAY, "summary": "培训教材", "use": "5001", "payee": "新华书店",
        }  # fmt: skip
        assert self.ask(cas, "post", "vouchers/new/", given).status_code == 403
        made = self.ask(ann, "post", "vouchers/new/", given).json()
        path = f"vouchers/{made['id']}/"
        decision = {**DECISION, "present": 7}
        assert self.ask(ann, "post", f"{path}decide/", decision).json()["state"] == "DECIDED"
        assert self.ask(ada, "post", f"{path}approve/").json()["state"] == "APPROVED"
        assert self.ask(ann, "post", f"{path}pay/").status_code == 403
        assert self.ask(cas, "post", f"{path}pay/").json()["state"] == "PAID"
        lines = self.ask(ann, "get", "lines/", {"kind": "out"}).json()
        assert (lines["total"], lines["lines"][0]["amount_fen"]) == (1, 10_000)
        rows = {r["account"]: r["closing_fen"] for r in self.ask(ann, "get", "balances/").json()}
        assert (rows["1001"], rows["5001"]) == (A + B - 10_000, 10_000)
        asked = self.ask(ann, "post", f"{path}reverse/", {"reason": "付错了收款人"}).json()
        done = self.ask(cas, "post", f"vouchers/{asked['id']}/reverse/confirm/").json()
        assert done["state"] == "PAID"
        days = {"direction": "UP", "first": DAY.replace(day=1), "last": DAY}
        assert self.ask(ann, "post", "sweeps/new/", days).status_code == 409
        assert self.ask(office["bob"], "get", path).status_code == 404

    def test_a_role_counts_in_its_own_sub_tree(self, office, alpha):
        both = cast.officer(FacingClient(), alpha, role="treasurer", scope="000100010002")
        who = cast.person("艾达-treasurer-000100010002-alpha")
        with unit_context(alpha.id):
            Grant.objects.create(
                person_id=who.id, person_name="艾达", role="secretary", scope="000100010001",
                granted_at=NOON,
            )  # fmt: skip
        given = {
            "kind": "INTEREST", "bank": "1001", "amount_fen": 100, "happened_on": DAY,
            "summary": "利息",
        }  # fmt: skip
        for path, status in (("000100010001", 404), ("000100010002", 201)):
            answer = self.ask(both, "post", "vouchers/new/", {**given, "org": path})
            assert answer.status_code == status

    def test_members_read_what_is_published(self, office, books, alpha):
        with unit_context(alpha.id):
            cleo = make_owing_member(path="000100010001")
            publishing.publish(year=DAY.year, note="", actor=books.ada, now=NOON)
        phone = cast.member(FacingClient(), alpha, cleo.pk)
        (year,) = phone.get("/api/v1/publications/").json()
        assert year["figures"]["movement"]["collected_fen"] == A + B
        answer = phone.post(
            f"/api/v1/publications/{DAY.year}/comments/",
            json.dumps({"text": "好"}),
            content_type="application/json",
        )
        assert answer.status_code == 201
        assert office["cas"].get("/api/v1/publications/").status_code == 403

"""The lists and figures about openings, the unit's own home, and who may see them."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kernel.clock import now
from kernel.unit import shared_context, unit_context
from shared_apps.usage.services import outbox, rollups
from tenant_apps.members.models import Member
from tests import cast
from tests.conftest import FacingClient
from tests.onboarding.browsing import text_of


class TestUnitPages:
    def test_list_shows_own_units_first_and_all_on_demand(self, outreach, opening):
        assert "您名下还没有单位" in text_of(outreach.get("/"))
        page = text_of(outreach.get("/?scope=all"))
        assert opening.unit.name in page
        assert "未收到名册" in page

    @pytest.mark.parametrize(
        ("query", "found"),
        [("q=alpha", True), ("q=查无", False), ("state=trial", True), ("state=closed", False),
         ("blocker=no_roster", True), ("blocker=no_bills", False), ("sort=-name&size=50", True)],
    )  # fmt: skip
    def test_list_keeps_its_filters_in_the_address(self, outreach, opening, query, found):
        page = text_of(outreach.get(f"/?scope=all&{query}"))
        assert (f"/units/{opening.unit_id}/" in page) is found
        assert ("没有符合条件的单位" in page) is not found

    def test_page_of_a_unit_shows_blocker_rosters_and_time_line(self, outreach, imported):
        page = text_of(outreach.get(f"/units/{imported.unit_id}/"))
        for words in ("名册", "导入完成", "登记资料", "开通进度"):
            assert words in page

    def test_unknown_ones_are_not_found(self, outreach):
        missing = "01900000-0000-7000-8000-000000000000"
        assert outreach.get(f"/units/{missing}/").status_code == 404
        assert outreach.get(f"/rosters/{missing}/").status_code == 404

    def test_list_is_exported_as_filtered(self, outreach, opening):
        assert outreach.get("/units/export/?scope=all").content.startswith(b"PK")


class TestOperations:
    def test_shows_figures_with_their_moment_and_the_funnel(self, operator, imported):
        with shared_context():
            rollups.drain(now=now())
        page = text_of(operator.get("/operations/"))
        for words in ("开通漏斗", "分地区", "截至", imported.unit.name):
            assert words in page
        assert operator.get("/operations/export/").content.startswith(b"PK")

    def test_never_enters_a_units_schema(self, operator, imported):
        with CaptureQueriesContext(connection) as queries:
            assert operator.get("/operations/?month=2026-10&blocker=no_bills").status_code == 200
        for query in queries:
            assert imported.unit.schema_name not in query["sql"]
            assert "members_member" not in query["sql"]
        assert len(queries) <= 12

    def test_suppresses_small_counts_of_people(self, operator, opening, alpha):
        outbox.emit(unit=alpha, kind="members", now=now(), delta=3)
        with shared_context():
            rollups.drain(now=now())
        page = text_of(operator.get("/operations/"))
        assert "&lt;5" in page
        assert "退回的" not in page


class TestWhoMayWhat:
    def test_operator_sees_the_list_but_handles_no_roster(self, operator, in_review):
        assert operator.get("/?scope=all").status_code == 200
        assert operator.get(f"/units/{in_review.unit_id}/").status_code == 200
        for address in (
            "/units/new/", f"/units/{in_review.unit_id}/rosters/new/",
            f"/rosters/{in_review.id}/", f"/rosters/{in_review.id}/refused/",
        ):  # fmt: skip
            assert operator.get(address).status_code == 403

    def test_outreach_sees_no_operations(self, outreach):
        assert outreach.get("/operations/").status_code == 403

    def test_administrators_see_no_units(self, db):
        auditor = cast.staff(FacingClient(), "audit_admin")
        assert auditor.get("/")["Location"] == "/fleet/"
        assert auditor.get("/operations/").status_code == 403
        assert auditor.get("/units/export/").status_code == 403

    @pytest.mark.parametrize(
        ("role", "page"),
        [("system_admin", "/status/"), ("security_admin", "/support/"), ("audit_admin", "/fleet/")],
    )
    def test_who_opens_no_units_begins_at_what_is_theirs(self, db, role, page):
        client = cast.staff(FacingClient(), role)
        assert client.get("/")["Location"] == page
        assert client.get(page).status_code == 200

    def test_nobody_is_sent_to_sign_in(self, db, client):
        answer = client.get("/", headers={"host": "console.test"})
        assert answer["Location"].startswith("/sign-in/")


class TestWorkbench:
    def test_shows_what_is_left_to_do(self, imported, alpha):
        page = text_of(cast.officer(FacingClient(), alpha).get("/"))
        for words in ("开通清单", "核定党费标准", "本月账单还没有生成", "党员登录激活"):
            assert words in page

    def test_sends_a_member_to_the_phone_pages(self, imported, alpha):
        with unit_context(alpha.id):
            member = Member.objects.first()
        client = cast.member(FacingClient(), alpha, member.id)
        assert client.get("/")["Location"] == "/m/"

    def test_takes_few_queries(self, imported, alpha):
        ada = cast.officer(FacingClient(), alpha)
        ada.get("/")
        with CaptureQueriesContext(connection) as queries:
            ada.get("/")
        # Each app adds a few for what is due and for the ledgers; none of them grows with the unit.
        assert len([one for one in queries if "SET ROLE" not in one["sql"]]) <= 55

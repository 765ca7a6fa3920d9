"""The operators' list: who sees it, in what order, narrowed by what, and what it never shows."""

import io

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kernel.unit import shared_context
from shared_apps.fleet.models import Standing, Trouble
from shared_apps.fleet.selectors.units import SORTS, Wanted
from tenants.models import Unit, UnitState
from tests import cast
from tests.conftest import FacingClient


def text_of(response, status=200):
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def names(client, query=""):
    """The units shown, in their order."""
    answer = client.get(f"/api/v1/fleet/units/?{query}").json()
    return [row["name"] for row in answer["results"]]


ALPHA, BETA = "彭城水务集团", "淮湖港务集团"


class TestOrder:
    def test_the_most_troubled_comes_first_and_says_why(self, operator, fleet):
        page = text_of(operator.get("/fleet/"))
        assert page.index(BETA) < page.index(ALPHA)
        for words in (
            "服务出错",
            "等 3 项",
            "昨天以来 3 次，近 7 天 9 次",
            "落后 2 步",
            "异常如何排序",
        ):
            assert words in page

    @pytest.mark.parametrize(
        ("sort", "first"),
        [
            ("name", BETA),  # huaihu before pengcheng
            ("-name", ALPHA),
            ("-members", ALPHA),
            ("-organizations", ALPHA),
            ("-storage", ALPHA),
            ("-active", ALPHA),
            ("-errors", BETA),
            ("-difference", BETA),
            ("backup", BETA),
            ("region", ALPHA),
            ("trouble", ALPHA),
        ],
    )
    def test_sorts_by_any_column(self, operator, fleet, sort, first):
        assert names(operator, f"sort={sort}")[0] == first

    @pytest.mark.parametrize("sort", [*SORTS, *(f"-{key}" for key in SORTS)])
    def test_every_sort_is_answered(self, operator, fleet, sort):
        assert len(names(operator, f"sort={sort}")) == 2

    def test_counts_too_small_to_show_sort_alike(self, operator, fleet):
        alpha, beta = fleet
        with shared_context():
            Standing.objects.filter(unit=alpha).update(members=1)
        first = names(operator, "sort=members")
        with shared_context():
            Standing.objects.filter(unit=alpha).update(members=4)
            Standing.objects.filter(unit=beta).update(members=1)
        assert names(operator, "sort=members") == first == [BETA, ALPHA]

    def test_orders_differences_that_are_not_shown_after_those_that_are(self, operator, fleet):
        with shared_context():
            Standing.objects.filter(unit=fleet[0]).update(difference_fen=2)
        assert names(operator, "sort=-difference") == [ALPHA, BETA]


class TestNarrowing:
    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("q=水务", [ALPHA]),
            ("q=pcsw", [ALPHA]),
            ("q=PCSW", [ALPHA]),
            ("q=gangwu", [BETA]),
            ("q=beta", [BETA]),
            ("q=91320303ma20beta0j", [BETA]),
            ("q=nothing", []),
            ("q=%25", []),
            ("state=trial", [BETA, ALPHA]),
            ("state=suspended", []),
            ("state=%27", [BETA, ALPHA]),
            ("region=32", [ALPHA]),
            ("region=4401", [BETA]),
            ("branch=淮湖", [BETA]),
            ("profile=school", []),
            ("schema=behind", [BETA]),
            ("trouble=any", [BETA]),
            ("trouble=money", [BETA]),
            ("trouble=quiet", []),
            ("trouble=errors&region=32", []),
            ("pinned=1", []),
        ],
    )
    def test_by_what_the_address_says(self, operator, fleet, query, found):
        assert names(operator, query) == found

    def test_finds_a_unit_by_its_id(self, operator, fleet):
        assert names(operator, f"q={fleet[0].pk}") == [ALPHA]

    def test_shows_each_filter_with_a_way_out(self, operator, fleet):
        page = text_of(operator.get("/fleet/?q=pcsw&state=trial&region=3203&trouble=any"))
        for words in ("「pcsw」", "江苏省徐州市", "有异常", "没有符合条件的单位", "清除筛选"):
            assert words in page
        assert "/fleet/?state=trial&amp;trouble=any&amp;region=3203" in page

    def test_leaves_closed_units_out_until_they_are_asked_for(self, operator, fleet):
        with shared_context():
            Unit.objects.filter(pk=fleet[0].pk).update(state=UnitState.CLOSED)
        assert names(operator) == [BETA]
        assert names(operator, "state=closed") == [ALPHA]
        assert names(operator, "q=彭城") == [ALPHA]
        assert "彭城" in text_of(operator.get("/fleet/?state=closed"))

    def test_pages_are_made_by_the_server(self, operator, fleet):
        page = text_of(operator.get("/fleet/?size=20&page=7"))
        assert '共 <b class="num">2</b> 家' in page
        assert Wanted.read({"sort": "nonsense", "trouble": "x"}) == Wanted()


class TestWhatIsShown:
    def test_small_counts_and_their_money_stay_hidden(self, operator, fleet):
        page = text_of(operator.get("/fleet/?q=beta"))
        assert "&lt;5" in page
        assert "有差额" in page
        assert "129.00" not in page
        row = operator.get(f"/api/v1/fleet/units/{fleet[1].pk}/").json()
        assert (row["members"], row["activated"], row["difference_fen"]) == (None, None, None)
        assert "129.00" not in text_of(operator.get(f"/fleet/{fleet[1].pk}/"))
        assert 129 not in cells_of(operator.get("/fleet/export/"))

    def test_a_unit_that_was_not_gathered_yet_is_in_the_list(self, operator, fleet):
        with shared_context():
            Standing.objects.all().delete()
        assert text_of(operator.get("/fleet/")).count("数据汇总中") == 2
        assert "数据汇总中" in text_of(operator.get(f"/fleet/{fleet[0].pk}/"))
        assert names(operator, "trouble=any") == []
        assert len(cells_of(operator.get("/fleet/export/"))) > 20

    def test_no_units_at_all(self, operator, fleet):
        with shared_context():
            Unit.objects.update(state=UnitState.CLOSED)
        assert "还没有共建单位" in text_of(operator.get("/fleet/"))

    def test_htmx_gets_the_list_alone(self, operator, fleet):
        part = text_of(operator.get("/fleet/", headers={"HX-Target": "fleet"}))
        assert part.lstrip().startswith("<section")
        whole = operator.get(
            "/fleet/", headers={"HX-Target": "fleet", "HX-History-Restore-Request": "true"}
        )
        assert text_of(whole).lstrip().startswith("<!")
        assert "HX-Request" in whole["Vary"]


def cells_of(response):
    assert response.status_code == 200
    book = openpyxl.load_workbook(io.BytesIO(response.content))
    return [cell.value for row in book.active.iter_rows() for cell in row]


class TestExport:
    def test_takes_what_is_shown_in_the_columns_that_are_shown(self, operator, fleet):
        cells = cells_of(operator.get("/fleet/export/?q=pcsw"))
        assert "彭城水务集团" in cells
        assert "淮湖港务集团" not in cells
        assert "统一社会信用代码" not in cells
        operator.cookies["cols.fleet"] = "3.12"
        cells = cells_of(operator.get("/fleet/export/"))
        assert "统一社会信用代码" in cells
        assert "所属支行" not in cells

    def test_is_for_operators_only(self, operator, auditor, fleet):
        assert auditor.get("/fleet/export/").status_code == 403
        assert auditor.get("/api/v1/fleet/units/export/").status_code == 403
        assert "/fleet/export/" not in text_of(auditor.get("/fleet/"))
        assert "/fleet/export/" in text_of(operator.get("/fleet/"))
        assert operator.get("/api/v1/fleet/units/export/").content[:2] == b"PK"


class TestWhoMayWhat:
    @pytest.mark.parametrize("role", ["operator", "audit_admin"])
    def test_bank_staff_who_watch_units_see_them(self, fleet, role):
        client = cast.staff(FacingClient(), role)
        for address in ("/fleet/", f"/fleet/{fleet[0].pk}/", "/api/v1/fleet/units/"):
            assert client.get(address).status_code == 200

    @pytest.mark.parametrize("role", ["outreach", "system_admin", "security_admin"])
    def test_others_do_not(self, fleet, role):
        client = cast.staff(FacingClient(), role)
        for address in ("/fleet/", f"/fleet/{fleet[0].pk}/", "/api/v1/fleet/units/"):
            assert client.get(address).status_code == 403
        assert client.post(f"/fleet/{fleet[0].pk}/pin/", {"pinned": "1"}).status_code == 403

    def test_a_unit_that_is_not_there_is_not_found(self, operator, fleet):
        nowhere = "01990000-0000-7000-8000-000000000000"
        assert operator.get(f"/fleet/{nowhere}/").status_code == 404
        assert operator.get(f"/api/v1/fleet/units/{nowhere}/").status_code == 404


class TestQueries:
    @pytest.mark.parametrize(
        "address",
        ["/fleet/?q=pc&trouble=any", "/fleet/?view=all", "/fleet/export/", "/fleet/{}/",
         "/api/v1/fleet/units/", "/api/v1/fleet/units/{}/time-line/"],
    )  # fmt: skip
    def test_no_page_enters_a_units_schema(self, operator, fleet, address):
        with CaptureQueriesContext(connection) as asked:
            assert operator.get(address.format(fleet[1].pk)).status_code == 200
        for query in asked:
            assert fleet[1].schema_name not in query["sql"]
            for table in ("members_member", "dues_bill", "organizations_organization"):
                assert table not in query["sql"]

    def test_the_list_takes_fifteen_queries_at_most(self, operator, fleet):
        operator.get("/fleet/")
        with CaptureQueriesContext(connection) as asked:
            text_of(operator.get("/fleet/?trouble=any&sort=-members"))
        assert len(asked) <= 15

    def test_the_strip_counts_every_trouble(self, operator, fleet):
        page = text_of(operator.get("/fleet/"))
        for trouble in Trouble:
            assert trouble.label in page
        assert page.count('<b class="num">1</b>') == 3

"""Pages and API over HTTP: what they show, whom they refuse, what they change."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from tenant_apps.insight.models import Snapshot, State
from tests import cast
from tests.conftest import FacingClient
from tests.factories.organizations import NOW
from tests.scenes import scene
from tests.tenant_apps.insight.conftest import crowd, take


@pytest.fixture
def ada(crowd, alpha):
    return cast.officer(FacingClient(), alpha)


@pytest.fixture
def ben(crowd, alpha):
    return cast.officer(FacingClient(), alpha, name="本")


half = scene(lambda crowd: take(cut="HALF", now=NOW), on=crowd)
"""The half-year of 2026, which is over."""


def shown(client, address, **data) -> str:
    answer = client.get(address, data)
    assert answer.status_code == 200, address
    return answer.content.decode()


class TestDesk:
    def test_from_taking_to_filing_by_two_people(self, ada, ben):
        answer = ada.post("/statistics/", {"year": 2026, "cut": "HALF"})
        address = answer["Location"]
        assert "填报，交负责人" in shown(ada, address)
        ada.post(f"{address}submit/", {"note": "已核对"})
        page = shown(ada, address)
        assert "等待另一名管理员报出" in page
        assert ada.post(f"{address}file/").status_code == 403
        assert "核对无误，报出" in shown(ben, address)
        ben.post(f"{address}file/")
        assert Snapshot.objects.get().state == State.FILED
        assert "已报出" in shown(ada, "/statistics/")

    def test_returns_with_a_reason_that_is_shown(self, ada, ben, half):
        ada.post(f"/statistics/{half.pk}/submit/", {"note": ""})
        ben.post(f"/statistics/{half.pk}/return/", {"note": ""})
        assert Snapshot.objects.get().state == State.SUBMITTED
        ben.post(f"/statistics/{half.pk}/return/", {"note": "补登两名转出"})
        assert "补登两名转出" in shown(ada, f"/statistics/{half.pk}/")

    def test_says_that_a_year_not_over_is_a_trial(self, ada):
        page = ada.post("/statistics/", {"year": 2026, "cut": "YEAR"}, follow=True)
        assert "这是试算" in page.content.decode()
        assert "填报，交负责人" not in page.content.decode()

    def test_refuses_a_form_that_is_wrong(self, ada):
        assert ada.post("/statistics/", {"year": 1921, "cut": "YEAR"}).status_code == 422
        assert not Snapshot.objects.exists()

    def test_shows_all_fifteen_tables(self, ada, half):
        for number in range(1, 16):
            page = shown(ada, f"/statistics/{half.pk}/tables/{number}/", compare="1")
            assert f"表 {number} " in page
            assert "没有上年同期的快照" in page

    def test_opens_a_figure_and_lists_its_people(self, ada, half):
        page = shown(ada, f"/statistics/{half.pk}/tables/2/")
        links = [
            part.split('"')[0] for part in page.split('href="')[1:] if "/people/?" in part[:200]
        ]
        assert len(links) > 40
        address = links[0].replace("&amp;", "&")
        asked = parse_qs(urlsplit(address).query)
        assert (asked["row"], asked["column"]) == (["all"], ["all"])
        listed = shown(ada, address)
        assert "无名" in listed
        assert "320***********4217" in listed
        assert ada.get(f"{address}&page=9999").status_code == 200

    def test_compares_with_the_year_before(self, ada, half):
        half.year, half.pk = 2025, None
        earlier = take(2025, cut="HALF", now=NOW)
        assert earlier.people
        page = shown(
            ada, f"/statistics/{Snapshot.objects.get(year=2026).pk}/tables/2/", compare="1"
        )
        assert 'class="delta"' in page

    def test_prints_scope_day_and_signatures_under_the_table(self, ada, ben, half):
        """A4 across, with 负责人, 填表人, 报出时间 (rulebook 7.2)."""
        ada.post(f"/statistics/{half.pk}/submit/", {"note": "已核对"})
        ben.post(f"/statistics/{half.pk}/file/")
        page = shown(ada, f"/statistics/{half.pk}/tables/2/")
        assert "page-landscape" in page
        assert "统计范围：root（含下级）　截止日：2026-06-30" in page
        assert all(f"{label}：" in page for label in ("负责人", "填表人", "报出时间"))
        assert "负责人：本" in page

    def test_of_the_half_year_count_until_30_june(self, ada, half):
        page = shown(ada, f"/statistics/{half.pk}/tables/14/")
        assert "2026 年上半年报，截至 2026-06-30" in page

    def test_gives_files(self, ada, half):
        base = f"/statistics/{half.pk}"
        for address in (
            f"{base}/workbook/", f"{base}/workbook/?table=3",
            f"{base}/tables/2/people/workbook/?row=all&column=women",
        ):  # fmt: skip
            answer = ada.get(address)
            assert answer.content.startswith(b"PK")
            assert answer["Cache-Control"] == "no-store"

    def test_waits_for_one_that_is_being_taken(self, ada, half):
        Snapshot.objects.update(state=State.TAKING)
        address = f"/statistics/{half.pk}/"
        assert "正在采集" in shown(ada, address)
        assert ada.get(f"{address}tables/2/").status_code == 404
        Snapshot.objects.update(state=State.FAILED)
        assert "没有采集成功" in shown(ada, address)
        Snapshot.objects.update(state=State.TAKEN)
        answer = ada.get(address, headers={"HX-Request": "true"})
        assert (answer.status_code, answer["HX-Refresh"]) == (204, "true")


class TestRights:
    @pytest.mark.parametrize("role", ["treasurer"])
    def test_keeps_the_treasurer_out(self, crowd, alpha, half, role):
        client = cast.officer(FacingClient(), alpha, role=role)
        for address in ("/statistics/", "/statistics/distribution/", f"/statistics/{half.pk}/"):
            assert client.get(address).status_code == 403

    def test_shows_a_secretary_the_own_sub_tree_only(self, crowd, alpha, half):
        client = cast.officer(FacingClient(), alpha, role="secretary", scope=crowd.left.path)
        page = shown(client, f"/statistics/{half.pk}/tables/2/")
        assert "left（含下级）" in page
        other = client.get(f"/statistics/{half.pk}/tables/2/", {"org": crowd.right.pk})
        assert other.status_code == 404
        assert "采集新快照" not in shown(client, "/statistics/")
        assert client.post("/statistics/", {"year": 2026, "cut": "HALF"}).status_code == 403
        assert client.post(f"/statistics/{half.pk}/submit/").status_code == 403

    def test_another_unit_finds_nothing(self, crowd, beta, half):
        client = cast.officer(FacingClient(), beta)
        for tail in ("", "tables/2/", "workbook/", "tables/2/people/?row=all&column=all"):
            assert client.get(f"/statistics/{half.pk}/{tail}").status_code == 404


class TestApi:
    base = "/api/v1/statistics"

    def test_takes_and_signs(self, ada, ben):
        body = json.dumps({"year": 2026, "cut": "HALF"})
        made = ada.post(f"{self.base}/snapshots/", body, content_type="application/json")
        assert made.status_code == 201
        address = f"{self.base}/snapshots/{made.json()['id']}/"
        for client, act in ((ada, "submit"), (ben, "return"), (ada, "submit"), (ben, "file")):
            data = json.dumps({"note": "核对过了"})
            answer = client.post(f"{address}{act}/", data, content_type="application/json")
            assert answer.status_code == 200, answer.content
        assert ada.get(address).json()["state"] == "FILED"
        assert [one["year"] for one in ada.get(f"{self.base}/snapshots/").json()] == [2026]

    def test_gives_tables_people_and_audit(self, ada, half):
        address = f"{self.base}/snapshots/{half.pk}"
        table = ada.get(f"{address}/tables/2/").json()
        women = table["cells"]["all"]["women"]
        asked = {"row": "all", "column": "women", "limit": 3}
        people = ada.get(f"{address}/tables/2/people/", asked).json()
        assert (people["total"], len(people["people"])) == (women, 3)
        assert {check["result"] for check in ada.get(f"{address}/checks/").json()} <= {"ok", "open"}
        assert ada.get(f"{address}/tables/99/").status_code == 404
        for tail in ("workbook/?table=12", "tables/2/people/workbook/?row=all&column=women"):
            file = ada.get(f"{address}/{tail}")
            assert (file.status_code, file.content[:2], file["Cache-Control"]) == (
                200, b"PK", "no-store"
            )  # fmt: skip

    @pytest.mark.parametrize("tail", ["tables/2/", "checks/"])
    def test_refuses_a_secretary_another_sub_tree(self, crowd, alpha, half, tail):
        client = cast.officer(FacingClient(), alpha, role="secretary", scope=crowd.left.path)
        address = f"{self.base}/snapshots/{half.pk}/{tail}"
        assert client.get(address, {"org": crowd.right.pk}).status_code == 404
        assert client.get(address).status_code == 200

"""Pages and endpoints of standards in depth: what they show, whom they refuse, what they change."""

from __future__ import annotations

import pytest
from django.urls import reverse

from kernel import clock
from kernel.actor import Actor
from kernel.clock import Month
from tenant_apps.dues.models import Bill, Relief, Setting, Standard
from tenant_apps.dues.services import billing
from tests import cast
from tests.conftest import FacingClient
from tests.factories.dues import make_member, make_standard

THIS_MONTH = Month.of(clock.today())
UNIT = "config.urls.unit"
JSON = "application/json"


def desk(name, *args):
    return reverse(f"dues:{name}", urlconf=UNIT, args=args)


@pytest.fixture
def ben(alpha):
    return cast.officer(FacingClient(), alpha, role="treasurer", name="本")


@pytest.fixture
def ada(alpha):
    return cast.officer(FacingClient(), alpha, role="unit_admin", name="艾")


@pytest.fixture
def member(alpha):
    found = make_member()
    make_standard(found, year=THIS_MONTH.year)
    return found


class TestDesk:
    def test_a_slip_is_added_up_while_typing_and_saved(self, ben, member):
        slip = {"category": "WAGE", "item_post_pay": "8,000", "item_pension": "640.5"}
        shown = ben.post(desk("slip_base"), slip).content.decode()
        assert "7,359.50" in shown
        assert "110.39" in shown
        assert (
            "请检查金额" in ben.post(desk("slip_base"), {"item_post_pay": "八千"}).content.decode()
        )
        assert (
            "不按工资条"
            in ben.post(desk("slip_base"), {**slip, "category": "RETIRED"}).content.decode()
        )
        form = {**slip, "month": str(THIS_MONTH), "reason": "核对工资条", "base": ""}
        assert ben.post(desk("standard", member.id), form).status_code == 302
        assert Standard.objects.get(is_current=True).amount_fen == 11_039
        page = ben.get(desk("standard", member.id)).content.decode()
        assert "640.50" in page
        assert "计入基数" in page

    def test_relief_is_entered_listed_and_ended(self, ben, member):
        form = {
            "kind": "REDUCED", "first": str(THIS_MONTH), "last": str(THIS_MONTH),
            "amount": "20", "reason": "患病", "approved_by": "中共甲市委员会",
        }  # fmt: skip
        address = desk("relief", member.id)
        assert "第七条" in ben.get(address).content.decode()
        assert ben.post(address, {**form, "amount": ""}).status_code == 422
        assert ben.post(address, {**form, "amount": "900"}).status_code == 422
        assert ben.post(address, form).status_code == 302
        assert "中共甲市委员会" in ben.get(desk("reliefs")).content.decode()
        ben.post(desk("issue", THIS_MONTH))
        bills = desk("bills", THIS_MONTH)
        assert "少交" in ben.get(bills).content.decode()
        ben.post(desk("relief_end", Relief.objects.get().pk))
        assert Bill.objects.get().due_fen == 12_900
        deferred = {**form, "kind": "DEFERRED", "pay_by": str(THIS_MONTH + 1), "amount": ""}
        assert ben.post(address, deferred).status_code == 302
        assert "缓交" in ben.get(bills, {"state": "DEFERRED"}).content.decode()
        assert "1 人缓交" in ben.get(desk("overview")).content.decode()

    def test_the_year_is_proposed_fixed_and_taken_back(self, ben, alpha):
        year = THIS_MONTH.year
        make_standard(make_member(), year=year - 1)
        make_member(name="无基数")
        page = ben.get(desk("year"), {"year": year}).content.decode()
        assert "核定 1 人" in page
        assert "需要逐人核定" in page
        assert ben.get(desk("year"), {"year": year, "export": "xlsx"}).content[:2] == b"PK"
        assert ben.post(desk("year"), {"year": year}).status_code == 302
        batch = Standard.objects.get(year=year).import_id
        assert "撤销" in ben.get(desk("year"), {"year": year}).content.decode()
        ben.post(desk("year_back", batch))
        assert not Standard.objects.filter(year=year).exists()
        assert ben.post(desk("year"), {"year": "1999"}).status_code == 422

    def test_what_if_names_who_pays_otherwise(self, ben, member):
        page = ben.get(desk("what_if"), {"percent": "20", "version": "", "rounding": ""})
        assert "206.40" in page.content.decode()
        assert Standard.objects.get().amount_fen == 12_900
        wrong = ben.get(desk("what_if"), {"percent": "-99"}).content.decode()
        assert "没有人的金额会变" in wrong

    def test_settings_are_for_the_administrator(self, ben, ada):
        assert ben.get(desk("settings")).status_code == 403
        assert "见分进元" in ada.get(desk("settings")).content.decode()
        form = {"rounding": "YUAN_CEIL", "issue_day": "10"}
        assert ada.post(desk("settings"), form).status_code == 302
        assert (Setting.objects.get().rounding, Setting.objects.get().is_automatic) == (
            "YUAN_CEIL", False,
        )  # fmt: skip
        assert ada.post(desk("settings"), {**form, "issue_day": "31"}).status_code == 422

    def test_arrears_by_stage_and_as_a_workbook(self, ben, alpha):
        late, job = make_member(name="欠三月"), Actor.system("tests")
        for year in {THIS_MONTH.year, (THIS_MONTH - 3).year}:
            make_standard(late, year=year)
        for back in (3, 2, 1):
            billing.issue_month(month=THIS_MONTH - back, actor=job, now=clock.now())
        page = ben.get(desk("arrears")).content.decode()
        assert late.name in page
        assert "上级党委过问" in page
        assert late.name not in ben.get(desk("arrears"), {"stage": "6"}).content.decode()
        assert ben.get(desk("arrears"), {"export": "xlsx"}).content[:2] == b"PK"


class TestPhone:
    def test_the_member_sees_lines_confirms_and_objects(self, alpha, ben, member):
        phone = cast.member(FacingClient(), alpha, member.id)
        address = reverse("m-dues:standard", urlconf=UNIT)
        page = phone.get(address).content.decode()
        assert "129.00" in page
        assert "核对无误" in page
        assert phone.post(address, {"is_right": "yes"}).status_code == 302
        assert Standard.objects.get().answer == "CONFIRMED"
        assert phone.post(address, {"is_right": "no", "note": ""}).status_code == 422
        phone.post(address, {"is_right": "no", "note": "基数多了奖金"})
        assert "基数多了奖金" in phone.get(address).content.decode()
        listed = ben.get(desk("standards"), {"view": "objected"}).content.decode()
        assert "基数多了奖金" in listed
        assert "本人对现行标准有异议" in ben.get(desk("standard", member.id)).content.decode()


class TestApi:
    def test_settings_reliefs_year_and_arrears(self, ada, member):
        base = "/api/v1/dues/"
        body = {"rounding": "FEN_HALF_UP", "is_automatic": True, "issue_day": 3}
        assert ada.put(f"{base}settings/", body, content_type=JSON).json()["issue_day"] == 3
        relief = {
            "kind": "DEFERRED", "first_month": str(THIS_MONTH), "last_month": str(THIS_MONTH),
            "pay_by_month": str(THIS_MONTH + 2), "reason": "停薪", "approved_by": "第一党支部",
        }  # fmt: skip
        made = ada.post(f"{base}members/{member.id}/reliefs/", relief, content_type=JSON)
        assert (made.status_code, made.json()["pay_by_month"]) == (201, str(THIS_MONTH + 2))
        assert len(ada.get(f"{base}reliefs/").json()["results"]) == 1
        ended = ada.delete(f"{base}reliefs/{made.json()['id']}/").json()
        assert ended["ended_at"]
        outlook = ada.get(f"{base}what-if/", {"base_bp": 12_000}).json()
        assert (outlook["before_fen"], outlook["after_fen"]) == (12_900, 20_640)
        make_member(name="新")
        year = THIS_MONTH.year
        assert len(ada.get(f"{base}years/{year}/").json()["missing"]) == 1
        nothing = ada.post(f"{base}years/{year}/", {}, content_type=JSON)
        assert (nothing.status_code, nothing.json()["code"]) == (409, "dues_year_nothing_to_fix")
        assert ada.get(f"{base}arrears/").json() == []

    def test_items_and_the_members_own_answer(self, alpha, ada, member):
        body = {
            "category": "WAGE", "base_fen": None, "month": str(THIS_MONTH), "reason": "工资条",
            "items": [{"code": "post_pay", "fen": 500_000}],
        }  # fmt: skip
        made = ada.post(f"/api/v1/dues/members/{member.id}/standards/", body, content_type=JSON)
        assert (made.status_code, made.json()["amount_fen"]) == (201, 5_000)
        phone = cast.member(FacingClient(), alpha, member.id)
        assert phone.get("/api/v1/my/standard/").json()["answer"] == ""
        given = phone.post("/api/v1/my/standard/", {"is_right": True}, content_type=JSON)
        assert given.json()["answer"] == "CONFIRMED"

"""Pins and saved filters: everybody's own, and nobody else's."""

import pytest

from kernel.unit import shared_context
from shared_apps.fleet.models import Pin, SavedFilter
from shared_apps.fleet.services import pins, saved_filters
from tests.shared_apps.fleet.test_list import ALPHA, BETA, names, text_of

ASKED = "trouble=money&region=44"


@pytest.fixture
def saved(operator, fleet):
    answer = operator.post("/fleet/filters/", {"name": "广东 对账", "query": ASKED})
    assert answer["Location"] == "/fleet/?trouble=money&region=44"
    return SavedFilter.objects.get()


def change(client, saved, **given):
    return client.post(f"/fleet/filters/{saved.pk}/", {"query": "", **given})


class TestPins:
    def test_keep_a_unit_on_top_whatever_the_sort(self, operator, fleet):
        operator.post(f"/fleet/{fleet[0].pk}/pin/", {"pinned": "1"})
        assert names(operator) == [ALPHA, BETA]
        assert names(operator, "sort=-errors") == [ALPHA, BETA]
        assert names(operator, "pinned=1") == [ALPHA]
        assert names(operator, "q=beta") == [BETA]
        assert 'aria-pressed="true"' in text_of(operator.get("/fleet/"))

    def test_are_taken_off_again(self, operator, fleet):
        for pinned in ("1", "1", "0"):
            operator.post(f"/fleet/{fleet[0].pk}/pin/", {"pinned": pinned})
        assert not Pin.objects.exists()

    def test_answer_htmx_with_the_button_and_lead_back_without(self, operator, fleet):
        address = f"/fleet/{fleet[0].pk}/pin/"
        given = {"pinned": "1", "query": "trouble=any&evil=//x"}
        part = text_of(operator.post(address, given, headers={"HX-Request": "true"}))
        assert 'aria-pressed="true"' in part
        assert 'name="pinned" value="0"' in part
        assert operator.post(address, given)["Location"] == "/fleet/?trouble=any"
        assert operator.post(address, {"query": "//evil"})["Location"] == "/fleet/?view=all"

    def test_are_invisible_to_others(self, operator, auditor, fleet):
        operator.post(f"/fleet/{fleet[0].pk}/pin/", {"pinned": "1"})
        assert names(auditor) == [BETA, ALPHA]
        assert names(auditor, "pinned=1") == []
        auditor.post(f"/fleet/{fleet[0].pk}/pin/", {"pinned": "0"})
        assert Pin.objects.count() == 1

    def test_are_not_more_than_fit(self, operator, fleet, monkeypatch):
        monkeypatch.setattr(pins, "MOST", 1)
        operator.post(f"/fleet/{fleet[0].pk}/pin/", {"pinned": "1"})
        refused = operator.post(f"/fleet/{fleet[1].pk}/pin/", {"pinned": "1"})
        assert "最多置顶 1 家" in text_of(refused, 409)

    def test_by_program(self, operator, fleet):
        address = f"/api/v1/fleet/units/{fleet[0].pk}/pin/"
        assert operator.put(address).status_code == 204
        assert operator.get(f"/api/v1/fleet/units/{fleet[0].pk}/").json()["is_pinned"] is True
        assert operator.delete(address).status_code == 204
        assert not Pin.objects.exists()


class TestSavedFilters:
    def test_become_a_tab_that_shows_what_was_asked(self, operator, saved):
        page = text_of(operator.get("/fleet/?trouble=money&region=44"))
        assert "广东 对账" in page
        assert "保存筛选</button>" not in page, "it is saved already"
        assert BETA in page
        assert ALPHA not in page

    def test_keep_only_what_the_list_knows(self, operator, fleet):
        operator.post("/fleet/filters/", {"name": "一", "query": f"{ASKED}&page=3&x=1&state=no"})
        assert SavedFilter.objects.get().query == ASKED

    @pytest.mark.parametrize(
        ("name", "query", "said"),
        [("", ASKED, "请填写筛选的名称"), ("字" * 21, ASKED, "请填写筛选的名称"),
         ("广东 对账", ASKED, "换一个名称"), ("空", "page=2", "没有设置任何筛选")],
    )  # fmt: skip
    def test_are_refused(self, operator, saved, name, query, said):
        answer = operator.post("/fleet/filters/", {"name": name, "query": query})
        assert answer.status_code == 302
        assert SavedFilter.objects.count() == 1
        refused = operator.post(
            "/api/v1/fleet/filters/", {"name": name, "query": query},
            content_type="application/json",
        )  # fmt: skip
        assert refused.status_code in {400, 409, 422}
        if len(name) == 5 or query != ASKED:
            assert said in refused.json()["title"]

    def test_are_not_more_than_fit(self, operator, saved, monkeypatch):
        monkeypatch.setattr(saved_filters, "MOST", 1)
        operator.post("/fleet/filters/", {"name": "二", "query": ASKED})
        assert SavedFilter.objects.count() == 1

    def test_are_renamed_and_deleted(self, operator, saved):
        change(operator, saved, act="rename", name="粤  对账")
        assert SavedFilter.objects.get().name == "粤 对账"
        change(operator, saved, act="delete")
        assert not SavedFilter.objects.exists()

    def test_open_the_list_when_they_are_the_default(self, operator, saved):
        operator.post("/fleet/filters/", {"name": "二", "query": "state=trial"})
        second = SavedFilter.objects.get(name="二")
        change(operator, saved, act="default")
        change(operator, second, act="default")
        assert SavedFilter.objects.get(is_default=True) == second
        assert operator.get("/fleet/")["Location"] == "/fleet/?state=trial"
        assert operator.get("/fleet/?view=all").status_code == 200
        change(operator, second, act="plain")
        assert operator.get("/fleet/").status_code == 200

    def test_are_invisible_to_others(self, auditor, operator, saved):
        assert "广东 对账" not in text_of(auditor.get("/fleet/"))
        assert auditor.get("/api/v1/fleet/filters/").json() == []
        for act in ("rename", "default", "delete"):
            assert change(auditor, saved, act=act, name="我的").status_code == 404
        own = f"/api/v1/fleet/filters/{saved.pk}/"
        assert auditor.delete(own).status_code == 404
        given = {"is_default": True}
        assert auditor.patch(own, given, content_type="application/json").status_code == 404
        saved.refresh_from_db()
        assert (saved.name, saved.is_default) == ("广东 对账", False)
        assert auditor.get("/fleet/").status_code == 200

    def test_by_program(self, operator, fleet):
        given = {"name": "广东", "query": "region=44"}
        made = operator.post("/api/v1/fleet/filters/", given, content_type="application/json")
        assert made.status_code == 201
        own = f"/api/v1/fleet/filters/{made.json()['id']}/"
        changed = operator.patch(
            own, {"name": "粤", "is_default": True}, content_type="application/json"
        ).json()
        assert (changed["name"], changed["is_default"]) == ("粤", True)
        assert operator.delete(own).status_code == 204
        with shared_context():
            assert not SavedFilter.objects.exists()

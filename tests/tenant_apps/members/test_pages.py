"""The pages of members: what is theirs - permission, parsing, rendering, cost."""

import re

import pytest

from kernel.unit import unit_context
from tenant_apps.audit import selectors as audit
from tenant_apps.members.models import Export, Member
from tests import cast
from tests.conftest import FacingClient
from tests.factories.members import make_member, new_member, store
from tests.factories.organizations import small_tree

QUERIES_PER_LIST = 17


@pytest.fixture
def ada(alpha, tree):
    return cast.officer(FacingClient(), alpha)


def text_of(response):
    return re.sub(r"\s+", " ", response.content.decode())


class TestList:
    def test_shows_members_masked_with_tabs_and_tree(self, ada, tree):
        make_member(tree.l1, identity_number="320303198001010011", phone="13812345678")
        page = text_of(ada.get("/members/"))
        assert "320***********0011" in page
        assert "320303198001010011" not in page and "13812345678" not in page
        assert '正式党员 <span class="tab-count">1' in page
        assert 'role="tree"' in page

    def test_costs_a_fixed_number_of_statements_however_many_rows(
        self, ada, tree, django_assert_max_num_queries
    ):
        store(*(new_member(tree.l1) for _ in range(120)))
        with django_assert_max_num_queries(QUERIES_PER_LIST):
            response = ada.get(f"/members/?org={tree.l1.id}&size=100&q=zgq&phone=yes")
        assert text_of(response).count("data-row-link") == 100

    def test_state_is_the_address(self, ada, tree):
        store(*(new_member(tree.l1) for _ in range(21)), new_member(tree.r1, "丙"))
        page = text_of(ada.get(f"/members/?org={tree.left.id}&page=2"))
        assert page.count("data-row-link") == 1
        assert "left · 党员名册" in page
        narrowed = text_of(ada.get("/members/?q=丙&category=FULL&joined_from=2000-01-01&posts="))
        assert "2000-01-01 以后" in narrowed
        turned = text_of(ada.get("/members/?joined_from=2030-01-01&joined_to=2000-01-01"))
        assert "2000-01-01 ~ 2030-01-01" in turned and turned.count("data-row-link") == 20
        assert "搜索 丙" in narrowed and "入党日期 2000-01-01 至今" in narrowed
        assert narrowed.count("data-row-link") == 1

    def test_can_leave_sub_organisations_out(self, ada, tree):
        store(new_member(tree.left), new_member(tree.l1))
        only = text_of(ada.get(f"/members/?org={tree.left.id}&sub_shown=1"))
        assert only.count("data-row-link") == 1 and "仅本级" in only

    @pytest.mark.parametrize(
        "wrong", ["size=7", "page=x", "sort=drop", "joined_from=yesterday", "category=X", "tab=zz"]
    )
    def test_ignores_what_it_does_not_understand(self, ada, tree, wrong):
        make_member(tree.l1)
        response = ada.get(f"/members/?{wrong}")
        assert response.status_code == 200
        assert text_of(response).count("data-row-link") == 1

    def test_tells_no_result_from_no_data(self, ada, tree):
        assert "还没有党员" in text_of(ada.get("/members/"))
        assert "这个组织还没有党员" in text_of(ada.get(f"/members/?org={tree.l1.id}"))
        assert "没有符合条件的党员" in text_of(ada.get("/members/?q=没有"))

    def test_gives_htmx_only_the_list(self, ada, tree):
        make_member(tree.l1)
        headers = {"HX-Request": "true", "HX-Target": "roster"}
        answer = ada.get("/members/?q=&category=FULL", headers=headers)
        part = text_of(answer)
        assert "<html" not in part and "data-row-link" in part
        assert answer["HX-Push-Url"] == "/members/?category=FULL"
        whole = ada.get("/members/", headers=headers | {"HX-History-Restore-Request": "true"})
        assert "<html" in text_of(whole)
        assert "HX-Request" in whole["Vary"]

    def test_opens_a_level_of_the_tree(self, ada, tree):
        level = text_of(ada.get(f"/members/tree/{tree.left.id}/?q=x"))
        assert "l1" in level and "/members/?org=" in level and "q=x" in level

    def test_finds_in_the_tree(self, ada, tree):
        assert "没有名称含「无此」的组织" in text_of(ada.get("/members/?org_q=无此"))
        assert str(tree.l2.id) in text_of(ada.get("/members/?org_q=l2"))

    def test_of_a_foreign_organisation_is_not_found(self, ada, tree, beta):
        with unit_context(beta.id):
            foreign = small_tree().l1
        assert ada.get(f"/members/?org={foreign.id}").status_code == 404


class TestColumns:
    def test_stand_as_the_person_wants_them_on_every_list(self, ada, tree, alpha):
        make_member(tree.l1)
        head = re.compile(r'<th scope="col" data-c="(\d+)"')
        before = head.findall(text_of(ada.get("/members/")))
        ada.post("/members/columns/", {"order": "3 1 2", "hidden": "2"})
        page = text_of(ada.get("/members/?tab=full"))
        assert before[:3] == ["1", "2", "3"] and head.findall(page)[:4] == ["3", "1", "2", "4"]
        assert 'data-hide="2 4 ' in page
        eve = cast.officer(FacingClient(), alpha, name="伊娃")
        assert head.findall(text_of(eve.get("/members/"))) == before
        assert "还没有保存过" in page
        ada.post("/members/columns/", {"order": " ".join(before), "hidden": ""})
        page = text_of(ada.get("/members/"))
        assert head.findall(page) == before and 'data-hide="" data-rows' in page
        ada.post("/members/columns/", {"order": "", "hidden": ""})
        page = text_of(ada.get("/members/"))
        assert head.findall(page) == before and 'data-hide="4 5 6 7" data-roomy="8"' in page


class TestFile:
    def test_shows_the_file_with_masks(self, ada, tree):
        member = make_member(tree.l1, phone=None)
        page = text_of(ada.get(f"/members/{member.id}/"))
        assert "曾国强" in page and "缺少：" in page and "手机号码" in page and "中共l1" in page

    def test_opens_a_number_for_a_reason_once(self, ada, tree):
        member = make_member(tree.l1, identity_number="320303198001010011")
        address = f"/members/{member.id}/reveal/"
        shown = ada.post(address, {"what": "identity", "reason": "核对档案"})
        assert "320303198001010011" in text_of(shown)
        assert shown["Cache-Control"] == "no-store"
        assert "320303198001010011" not in text_of(ada.get(f"/members/{member.id}/"))
        refused = ada.post(address, {"what": "identity", "reason": "看"})
        assert refused.status_code == 422 and "320303198001010011" not in text_of(refused)
        codes = audit.events_about(member.id).values_list("code", flat=True)
        assert sorted(codes) == ["member.file_opened", "member.identity_revealed"]

    def test_is_corrected_on_a_form(self, ada, tree):
        member = make_member(tree.l1)
        address = f"/members/{member.id}/edit/"
        assert ada.get(address).status_code == 200
        sheet = {
            "name": "单志强", "category": "FULL", "gender": "M", "ethnicity": "汉族",
            "birth_on": "1980-01-01", "joined_on": "2008-07-01", "full_on": "2009-07-01",
        }  # fmt: skip
        assert ada.post(address, sheet)["Location"] == f"/members/{member.id}/"
        assert Member.objects.get().name == "单志强"
        wrong = ada.post(address, sheet | {"phone": "12"})
        assert wrong.status_code == 422 and "不是有效的手机号码" in text_of(wrong)
        unexplained = ada.post(address, sheet | {"category": "PROBATIONARY", "full_on": ""})
        assert "更改人员类别须填写依据" in text_of(unexplained)
        assert ada.post(address, sheet | {"name": ""}).status_code == 422


class TestMove:
    def test_moves_the_chosen_and_takes_them_back(self, ada, tree):
        one, two = store(new_member(tree.l1), new_member(tree.l1))
        chosen = text_of(ada.post("/members/move/", {"id": [one.id, two.id]}))
        assert "已选 2 名党员" in chosen and str(tree.r1.id) in chosen
        assert str(tree.left.id) not in chosen
        moved = ada.post("/members/move/", {"ids": f"{one.id},{two.id}", "to": tree.r1.id})
        assert moved.status_code == 302
        assert Member.objects.filter(org=tree.r1).count() == 2
        move_id = audit.events_about(one.id).get().data["move"]
        assert ada.post(f"/members/moves/{move_id}/undo/").status_code == 302
        assert Member.objects.filter(org=tree.l1).count() == 2

    def test_takes_everybody_of_the_filter(self, ada, tree):
        store(new_member(tree.l1, "甲"), new_member(tree.l1, "乙"))
        page = text_of(ada.post("/members/move/", {"all": "1", "address": "q=甲"}))
        assert "已选 1 名党员" in page

    def test_says_why_not(self, ada, tree):
        member = make_member(tree.l1)
        for target in (tree.left.id, tree.l1.id, "nonsense"):
            answer = ada.post("/members/move/", {"id": member.id, "to": target})
            assert answer.status_code == 422 and "没有转接" in text_of(answer)
        assert "还没有选择党员" in text_of(ada.get("/members/move/?id=nonsense"))

    def test_finds_the_branch_by_name(self, ada, tree):
        member = make_member(tree.l1)
        page = text_of(ada.get(f"/members/move/?id={member.id}&branch=r1"))
        assert str(tree.r1.id) in page and str(tree.l2.id) not in page
        assert "没有找到支部" in text_of(ada.get(f"/members/move/?id={member.id}&branch=无"))


class TestExport:
    def test_follows_filter_and_columns_of_the_list(self, ada, tree):
        store(new_member(tree.l1, "甲"), new_member(tree.l1, "乙"))
        assert (
            ada.post("/members/columns/", {"order": "4 2 1 3", "hidden": "1 2 3 x"}).status_code
            == 204
        )
        page = text_of(ada.get("/members/export/?q=甲"))
        assert "共 1 名" in page and "手机号码" in page and "入党日期" not in page
        done = ada.post("/members/export/", {"address": "q=甲", "ids": "", "form": "csv"})
        export = Export.objects.get()
        assert done["Location"] == f"/members/exports/{export.id}/"
        assert "文件已生成" in text_of(ada.get(done["Location"]))
        file = ada.get(f"{done['Location']}file/")
        assert file["Content-Disposition"].startswith("attachment")
        assert "甲" in file.content.decode("utf-8-sig")

    def test_of_chosen_rows(self, ada, tree):
        one, _ = store(new_member(tree.l1), new_member(tree.l1))
        assert "所选党员共 1 名" in text_of(ada.post("/members/export/", {"id": one.id}))
        everybody = ada.post("/members/export/", {"id": one.id, "all": "1", "address": ""})
        assert "当前筛选共 2 名" in text_of(everybody)

    def test_says_why_not(self, ada, tree):
        make_member(tree.l1)
        data = {"address": "", "ids": "", "form": "csv", "is_full": "on", "reason": ""}
        answer = ada.post("/members/export/", data)
        assert answer.status_code == 422 and "导出完整身份证号须写明事由" in text_of(answer)
        assert ada.post("/members/export/", data | {"form": "pdf"}).status_code == 422

    def test_shows_progress_to_htmx(self, ada, tree):
        make_member(tree.l1)
        ada.post("/members/export/", {"address": "", "ids": "", "form": "csv"})
        export = Export.objects.get()
        Export.objects.update(state=Export.State.RUNNING)
        part = text_of(ada.get(f"/members/exports/{export.id}/", headers={"HX-Request": "true"}))
        assert "<html" not in part and "every 2s" in part
        assert ada.get(f"/members/exports/{export.id}/file/").status_code == 409


class TestSearch:
    def test_finds_members_and_organisations_of_the_scope(self, alpha, tree):
        make_member(tree.l1)
        make_member(tree.r1, "曾国平")
        ben = cast.officer(FacingClient(), alpha, role="secretary", scope=tree.left.path, name="本")
        page = text_of(ben.get("/search/?q=zg"))
        assert "曾国强" in page and "曾国平" not in page
        assert "中共l1" in text_of(ben.get("/search/?q=l1"))
        assert "没有找到相关的党员或组织" in text_of(ben.get("/search/?q=r1"))
        assert "想找谁" in text_of(ben.get("/search/"))


class TestOwnFile:
    def test_shows_what_the_unit_holds_and_who_looked(self, alpha, tree):
        member = make_member(tree.l1, phone="13812345678")
        ada = cast.officer(FacingClient(), alpha)
        ada.post(f"/members/{member.id}/reveal/", {"what": "phone", "reason": "通知开会"})
        for host in ("", "m.test"):
            cleo = cast.member(FacingClient(), alpha, member.id, host=host)
            page = text_of(cleo.get("/m/me/"))
            assert "138****5678" in page and "13812345678" not in page
            assert "查看了手机号码" in page and "通知开会" in page
            assert "信息有误找谁更正" in page

    def test_is_for_members_only(self, ada):
        assert ada.get("/m/me/").status_code == 403

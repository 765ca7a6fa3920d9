"""Approval documents and the contact's number: kept, opened by right, on record."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from kernel.papers import MOST_BYTES, Upload, problem_of
from kernel.unit import unit_context
from tenant_apps.audit import selectors as audit
from tenant_apps.organizations.models import Organization, Turn
from tenant_apps.organizations.services.sheets import sealed_phone
from tests import cast
from tests.conftest import FacingClient
from tests.factories.organizations import small_tree
from tests.tenant_apps.organizations.test_pages import decision, send, sheet, text_of

PDF = b"%PDF-1.7 reply"


def reply(content=PDF, name="徐水党组2026-9号.pdf"):
    return SimpleUploadedFile(name, content)


@pytest.fixture
def tree(alpha):
    return small_tree()


@pytest.fixture
def ada(alpha, tree):
    return cast.officer(FacingClient(), alpha)


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("批复.pdf", PDF, ""),
        ("批复.exe", PDF, "请上传 PDF"),
        ("批复.pdf", b"", "空的"),
        ("批复.pdf", b"MZ", "不符"),
        ("批复.pdf", PDF + b"x" * MOST_BYTES, "超过 20 MB"),
    ],
)
def test_what_may_be_kept(name, content, word):
    problem = problem_of(Upload(name, content))
    assert word in problem and bool(problem) == bool(word)


class TestPaper:
    def merged(self, ada, tree, **fields):
        address = f"/organizations/{tree.l1.id}/merge/"
        return ada.post(address, decision(to=tree.l2.id, paper=reply(**fields)))

    def test_is_in_the_history_of_both_sides_and_read_on_record(self, ada, tree):
        self.merged(ada, tree)
        act = Turn.objects.filter(kind="MERGED").get().act
        for org in (tree.l1, tree.l2):
            link = f"/organizations/{org.id}/acts/{act}/paper/"
            assert link in text_of(ada.get(f"/organizations/{org.id}/history/"))
            answer = ada.get(link)
            assert answer.content == PDF and "attachment" in answer["Content-Disposition"]
        told = audit.events_about(tree.l2.id).filter(code="organization.paper_read").get()
        assert told.data["file"] == "徐水党组2026-9号.pdf"
        sent = ada.get(f"/api/v1{link}")
        assert sent.content == PDF and sent["Content-Disposition"] == answer["Content-Disposition"]
        assert audit.events_about(tree.l2.id).filter(code="organization.paper_read").count() == 2
        rows = ada.get(f"/api/v1/organizations/{tree.l2.id}/history/").json()
        assert {row["paper"] for row in rows} == {"徐水党组2026-9号.pdf"}

    def test_another_thing_than_its_name_says_is_told_at_the_field(self, ada, tree):
        refused = self.merged(ada, tree, content=b"MZ")
        assert refused.status_code == 422 and "文件内容与扩展名不符" in text_of(refused)
        assert Organization.objects.get(pk=tree.l1.pk).ended_on is None

    def test_comes_with_founding_and_through_the_api(self, ada, tree):
        new = f"/organizations/{tree.left.id}/children/new/"
        ada.post(new, {**sheet("新一"), "paper": reply()})
        sent = {**sheet("新二"), "parent_id": str(tree.left.id), "paper": reply()}
        made = ada.post("/api/v1/organizations/", sent)
        assert made.status_code == 201
        names = [turn.data["paper"]["name"] for turn in Turn.objects.filter(kind="FOUNDED")]
        assert names == ["徐水党组2026-9号.pdf"] * 2
        moved = decision(parent_id=str(tree.right.id), paper=reply(b"MZ"))
        answer = ada.post(f"/api/v1/organizations/{made.json()['id']}/move/", moved)
        assert (answer.status_code, answer.json()["code"]) == (422, "organization_paper_refused")

    def test_is_not_there_outside_the_sub_tree_and_for_acts_of_others(self, ada, alpha, tree, beta):
        self.merged(ada, tree)
        act = Turn.objects.filter(kind="MERGED").get().act
        right = FacingClient()
        cast.officer(right, alpha, role="secretary", scope=tree.right.path, name="右")
        assert right.get(f"/organizations/{tree.l2.id}/acts/{act}/paper/").status_code == 404
        assert right.get(f"/organizations/{tree.r1.id}/acts/{act}/paper/").status_code == 404
        for org in (tree.l2, tree.r1):
            api = right.get(f"/api/v1/organizations/{org.id}/acts/{act}/paper/")
            assert (api.status_code, PDF in api.content) == (404, False)
        with unit_context(beta.id):
            small_tree()
        there = FacingClient(SERVER_NAME="beta.test")
        cast.officer(there, beta, name="贝")
        assert there.get(f"/organizations/{tree.l2.id}/acts/{act}/paper/").status_code == 404


class TestContact:
    @pytest.fixture(autouse=True)
    def phone(self, tree):
        org = Organization.objects.filter(pk=tree.l1.pk)
        org.update(contact="孙志远", **sealed_phone("13905160021"))

    def test_opens_on_a_reason_that_stays_on_record(self, ada, tree):
        page = text_of(ada.get(f"/organizations/{tree.l1.id}/"))
        assert "13905160021" not in page and "查看完整联系电话" in page
        address = f"/organizations/{tree.l1.id}/reveal/"
        short = ada.post(address, {"reason": "看"})
        assert short.status_code == 422 and "13905160021" not in text_of(short)
        opened = ada.post(address, {"reason": "通知换届安排"})
        assert "13905160021" in text_of(opened) and opened["Cache-Control"] == "no-store"
        page = text_of(ada.get(f"/organizations/{tree.l1.id}/"))
        assert "13905160021" not in page
        assert "查看了联系电话" in page and "通知换届安排" in page

    def test_opens_through_the_api_by_right(self, ada, alpha, tree):
        address = f"/api/v1/organizations/{tree.l1.id}/reveal/"
        opened = send(ada, "post", address, {"reason": "通知换届安排"}).json()
        assert opened == {"contact_phone": "13905160021"}
        refused = send(ada, "post", address, {"reason": "看"}).json()
        assert refused["code"] == "organization_reveal_reason_needed"
        nothing = send(
            ada, "post", f"/api/v1/organizations/{tree.l2.id}/reveal/", {"reason": "通知换届"}
        )
        assert nothing.status_code == 404
        keeper = FacingClient()
        cast.officer(keeper, alpha, role="treasurer", name="账")
        assert send(keeper, "post", address, {"reason": "通知换届安排"}).status_code == 403
        told = audit.events_about(tree.l1.id).filter(code="organization.phone_revealed")
        assert told.count() == 1 and "139" not in str(told.get().data)

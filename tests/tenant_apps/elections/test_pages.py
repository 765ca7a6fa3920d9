"""Pages of elections: what they show, whom they refuse, what they change."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from kernel.clock import today
from tenant_apps.elections.models import Act, Ballot, CaseKind, Election, Post, Step
from tenant_apps.organizations.models import Organization
from tests import cast
from tests.conftest import FacingClient
from tests.factories.elections import branch, drive, roll
from tests.tenant_apps.elections.test_meeting import assemble

UNIT = "config.urls.unit"


def desk(name, *args):
    return reverse(f"elections:{name}", urlconf=UNIT, args=args)


@pytest.fixture
def place(alpha):
    return branch(10)


@pytest.fixture
def ada(alpha):
    return cast.officer(FacingClient(), alpha)


@pytest.fixture
def ben(alpha, place):
    return cast.officer(FacingClient(), alpha, role="secretary", scope=place.org.path, name="本")


@pytest.fixture
def keeper(alpha):
    return cast.officer(FacingClient(), alpha, role="treasurer", name="管")


def text_of(answer):
    return answer.content.decode()


def day(offset=0):
    return (today() + dt.timedelta(days=offset)).isoformat()


class TestWholeCourse:
    def test_a_branch_is_renewed_page_by_page(self, place, ada, ben):
        """The secretary submits, the committee answers, in the forms that people see."""
        answer = ben.post(
            desk("start", place.org.pk), {"kind": "REELECTION", "happened_on": day(-9)}
        )
        case = Election.objects.get()
        assert answer["Location"] == desk("election", case.pk)
        plan = {
            "happened_on": day(-8), "planned_on": day(), "profile": "GENERAL",
            "assembly": "MEETING", "has_committee": "on", "seats": 3, "secretaries": 1,
            "deputies": 0, "note": "按期换届",
        }  # fmt: skip
        self.post(ben, "decide", case, plan)
        self.post(ben, "request", case, {"happened_on": day(-7), "document": "支〔2026〕1 号"})
        answered = {"happened_on": day(-6), "document": "党委〔2026〕2 号", "answer": "approve",
                    "approves_shift": "on"}  # fmt: skip
        assert ben.post(desk("reply", case.pk), answered).status_code == 403
        self.post(ada, "reply", case, answered)
        ids = [str(one.pk) for one in place.people]
        names = {"COMMITTEE": ids[:4], "SECRETARY": ids[:1], "happened_on": day(-5)}
        self.post(ben, "propose", case, names)
        self.post(ada, "examine", case, {**answered, "happened_on": day(-4)})
        self.post(ben, "publicise", case, {"happened_on": day(-4), "notice_until": day(-1)})
        came = {f"voter_{pk}": "PRESENT" for pk in ids}
        self.post(ben, "assemble", case, {**came, "happened_on": day()})
        self.count(ben, case, "committee", [10, 10, 10, 0])
        self.post(ben, "elect", case, {"happened_on": day()})
        self.count(ben, case, "secretary", [3], present=3, who=ids[0])
        self.post(ben, "elect", case, {"happened_on": day(), "document": "第一次会议记录"})
        division = {f"post_{ids[1]}": "11", f"post_{ids[2]}": "12"}
        self.post(ben, "report", case, {**division, "happened_on": day(), "document": "报告"})
        self.post(ada, "confirm", case, {**answered, "happened_on": day()})
        self.post(ben, "archive", case, {"happened_on": day()})
        posts = Post.objects.filter(org=place.org).order_by("code")
        assert list(posts.values_list("code", "member__name")) == [
            ("01", "党员01"), ("11", "党员02"), ("12", "党员03"),
        ]  # fmt: skip
        shown = text_of(ben.get(desk("organization", place.org.pk)))
        assert "组织委员" in shown
        assert "任期内" in shown
        assert "已办结" in text_of(ben.get(desk("election", case.pk)))

    def post(self, client, slug, case, data):
        answer = client.post(desk(slug, case.pk), data)
        assert answer.status_code == 302, re.findall("<li>(.*?)</li>", text_of(answer))[:9]

    def count(self, client, case, office, votes, *, present=10, who=None):
        ids = [one["member"] for one in Election.objects.get(pk=case.pk).nominees]
        data = {"present": present, "issued": present, "returned": present, "valid": present}
        for number, votes_for in enumerate(votes):
            data |= {
                f"who_{number}": who or ids[number], f"for_{number}": votes_for,
                f"against_{number}": present - votes_for, f"abstained_{number}": 0,
            }  # fmt: skip
        told = text_of(client.post(desk("check-count", case.pk, office), data))
        assert "当选：" in told
        answer = client.post(desk("count", case.pk, office), data)
        assert answer.status_code == 302, re.findall("<li>(.*?)</li>", text_of(answer))[:9]


class TestLists:
    def test_the_work_list_tells_whose_turn_it_is(self, place, ada, ben):
        drive(place, Act.REPLY)
        assert "待我办理" in text_of(ada.get(desk("elections")))
        assert "等待对方" in text_of(ben.get(desk("elections")))

    def test_terms_are_amber_and_red(self, place, ada):
        Organization.objects.filter(pk=place.org.pk).update(
            term_ends_on=today() - dt.timedelta(days=40)
        )
        shown = text_of(ada.get(desk("terms"), {"level": "overdue"}))
        assert "已超期 40 天" in shown
        assert shown.count("<tr>") == 2
        assert "l2" not in text_of(ada.get(desk("terms"), {"q": "l1"})).split("<tbody>")[1]

    def test_what_is_done_is_listed_apart(self, place, ada):
        drive(place, Act.DONE)
        assert "换届选举" in text_of(ada.get(desk("closed")))
        assert "没有正在办理的换届事项" in text_of(ada.get(desk("elections")))

    def test_another_subtree_sees_nothing(self, alpha, place):
        case = drive(place, Act.DONE)
        other = cast.officer(
            FacingClient(), alpha, role="secretary", scope=place.tree.right.path, name="外"
        )
        assert "换届选举" not in text_of(other.get(desk("closed"))).split("<main")[1]
        assert other.get(desk("election", case.pk)).status_code == 404
        assert other.get(desk("organization", place.org.pk)).status_code == 404

    def test_the_pages_cost_few_queries(self, place, ada, django_assert_max_num_queries):
        for org in Organization.objects.filter(kind="BRANCH"):
            Organization.objects.filter(pk=org.pk).update(term_ends_on=today())
        with django_assert_max_num_queries(40):
            ada.get(desk("terms"))


class TestCase:
    def test_a_blocked_step_tells_the_day_on_which_it_opens(self, place, ben):
        case = drive(place, Act.ASSEMBLE)
        Election.objects.filter(pk=case.pk).update(notice_until=today() + dt.timedelta(days=3))
        shown = text_of(ben.get(desk("election", case.pk)))
        assert "尚未开放" in shown
        assert day(4) in shown
        assert desk("assemble", case.pk) not in shown

    def test_a_mistake_comes_back_with_the_form(self, place, ben):
        case = drive(place, Act.REQUEST)
        answer = ben.post(desk("request", case.pk), {"happened_on": day()})
        assert answer.status_code == 422
        assert "请填写文号" in text_of(answer)

    def test_gives_a_case_up_with_a_reason(self, place, ben):
        case = drive(place, Act.REQUEST)
        assert ben.post(desk("cancel", case.pk), {}).status_code == 422
        ben.post(desk("cancel", case.pk), {"reason": "并入其他支部"})
        assert "并入其他支部" in text_of(ben.get(desk("election", case.pk)))

    def test_the_keeper_of_dues_looks_only(self, place, keeper):
        case = drive(place, Act.REQUEST)
        assert keeper.get(desk("election", case.pk)).status_code == 200
        assert keeper.get(desk("request", case.pk)).status_code == 403
        assert keeper.get(desk("start", place.org.pk)).status_code == 403

    def test_an_extension_is_asked_and_granted(self, place, ada, ben):
        sent = {"until": "2027-06-30", "happened_on": day(), "document": "支〔2026〕7 号"}
        assert ben.post(desk("extend", place.org.pk), sent).status_code == 422
        ben.post(desk("extend", place.org.pk), {**sent, "note": "项目攻坚"})
        case = Election.objects.get(kind=CaseKind.EXTENSION)
        answered = {"happened_on": day(), "document": "党委〔2026〕8 号", "answer": "approve"}
        ada.post(desk("reply", case.pk), answered)
        place.org.refresh_from_db()
        assert place.org.term_ends_on == dt.date(2027, 6, 30)


class TestVotes:
    def test_says_why_a_count_cannot_be(self, place, ben):
        case = assemble(place, drive(place, Act.ASSEMBLE), roll(place.people))
        ids = [one["member"] for one in case.nominees]
        data = {"issued": 10, "returned": 10, "valid": 10}
        for number in range(4):
            data |= {f"who_{number}": ids[number], f"for_{number}": 9, f"against_{number}": 0,
                     f"abstained_{number}": 0}  # fmt: skip
        told = text_of(ben.post(desk("check-count", case.pk, "committee"), data))
        assert "为什么" in told
        assert "应等于有效票 10 张" in told
        answer = ben.post(desk("count", case.pk, "committee"), data)
        assert answer.status_code == 422
        assert "应等于有效票 10 张" in text_of(answer)
        assert not Ballot.objects.exists()

    def test_an_empty_sheet_waits(self, place, ben):
        case = drive(place, Act.ELECT)
        told = text_of(ben.post(desk("check-count", case.pk, "committee"), {}))
        assert "即时核对" in told

    def test_takes_a_round_back_and_leaves_seats_open(self, place, ben):
        case = drive(place, Act.ELECT)
        ids = [one["member"] for one in case.nominees]
        data = {"issued": 10, "returned": 10, "valid": 10}
        for number, votes_for in enumerate([10, 10, 5, 5]):
            data |= {f"who_{number}": ids[number], f"for_{number}": votes_for,
                     f"against_{number}": 10 - votes_for, f"abstained_{number}": 0}  # fmt: skip
        ben.post(desk("count", case.pk, "committee"), data)
        ben.post(desk("strike-count", case.pk, "committee"))
        assert not Ballot.objects.exists()
        ben.post(desk("count", case.pk, "committee"), data)
        assert (
            ben.post(desk("reduce-seats", case.pk, "committee"), {"agreed": 5}).status_code == 409
        )
        ben.post(desk("reduce-seats", case.pk, "committee"), {"agreed": 6})
        assert Ballot.objects.get().reduced_to == 2
        assert "名额减为 2 名" in text_of(ben.get(desk("votes", case.pk)))

    def test_an_office_that_is_not_there_is_refused(self, place, ben):
        case = drive(place, Act.ELECT)
        assert ben.post(desk("count", case.pk, "deputy"), {}).status_code == 422


class TestPapers:
    def test_every_paper_is_printed_with_its_code(self, place, ben):
        """The request still tells the old end of term when it is printed later."""
        case = drive(place, Act.DONE)
        words = {
            Act.REQUEST: ("妥否，请批复", "2027 年 1 月 31 日届满"), Act.REPLY: ("此复",),
            Act.PROPOSE: ("候选人预备人选",), Act.EXAMINE: ("同意下列同志", "党员04"),
            Act.PUBLICISE: ("定于", "党员04"), Act.ELECT: ("无记名投票", "选举委员"),
            Act.PLENUM: ("选举书记",), Act.REPORT: ("请予批准",), Act.CONFIRM: ("同意选举结果",),
        }  # fmt: skip
        for step in case.steps.filter(act__in=list(words)):
            shown = text_of(ben.get(desk("paper", step.pk)))
            for said in (*words[Act(step.act)], 'class="qr"'):
                assert said in shown, (step.act, said)

    def test_the_code_opens_a_page_that_says_genuine(self, alpha, place, ben, beta):
        """In the unit that printed it; a code of one unit means nothing in another."""
        case = drive(place, Act.DONE)
        answer = ben.get(desk("paper", case.steps.get(act=Act.CONFIRM).pk))
        address = answer.context["check_url"].replace("http://alpha.test", "")
        stranger = FacingClient()
        shown = text_of(stranger.get(address, headers={"host": "alpha.test"}))
        assert "材料属实" in shown
        assert "党员01" not in shown
        spoilt = stranger.get(address[:-4] + "AAA/", headers={"host": "alpha.test"})
        assert "没有查到" in text_of(spoilt)
        elsewhere = stranger.get(address, headers={"host": "beta.test"})
        assert "没有查到" in text_of(elsewhere)

    def test_what_was_done_again_is_void(self, place, ada, ben):
        case = drive(place, Act.REPLY)
        first = case.steps.get(act=Act.REQUEST)
        refused = {"happened_on": day(), "answer": "return", "note": "请补充名额"}
        ada.post(desk("reply", case.pk), refused)
        ben.post(desk("request", case.pk), {"happened_on": day(), "document": "支〔2026〕2 号"})
        assert "本件已失效" in text_of(ben.get(desk("paper", first.pk)))

    def test_a_step_without_a_paper_is_not_printed(self, place, ben):
        case = drive(place, Act.REQUEST)
        assert ben.get(desk("paper", case.steps.get(act=Act.DECIDE).pk)).status_code == 404

    def test_scans_are_added_and_fetched(self, place, ben, alpha):
        case = drive(place, Act.REPLY)
        step = case.steps.get(act=Act.REQUEST)
        scans = [
            SimpleUploadedFile("请示扫描件.pdf", b"%PDF-1.7 x"),
            SimpleUploadedFile("签到表.png", b"x"),
        ]
        assert ben.post(desk("attach", step.pk), {"scans": scans}).status_code == 302
        answer = ben.get(desk("file", step.pk, 0))
        assert answer.content == b"%PDF-1.7 x"
        assert answer["Content-Disposition"].startswith("attachment")
        assert ben.get(desk("file", step.pk, 2)).status_code == 404
        other = cast.officer(
            FacingClient(), alpha, role="secretary", scope=place.tree.right.path, name="外"
        )
        assert other.get(desk("file", step.pk, 0)).status_code == 404

    def test_a_reply_of_the_superior_is_not_filled_up_from_below(self, place, ben):
        case = drive(place, Act.PROPOSE)
        step = case.steps.get(act=Act.REPLY)
        scan = SimpleUploadedFile("批复.pdf", b"%PDF-1.7 x")
        answer = ben.post(desk("attach", step.pk), {"scans": scan})
        assert answer.status_code == 422
        assert Step.objects.get(pk=step.pk).files == []


class TestPosts:
    def test_the_superior_appoints_and_the_branch_does_not(self, place, ada, ben):
        sent = {"member": str(place.people[0].pk), "code": "01", "began_on": day(),
                "document": "党委〔2026〕6 号"}  # fmt: skip
        assert ben.post(desk("appoint", place.org.pk), sent).status_code == 403
        assert ada.post(desk("appoint", place.org.pk), sent).status_code == 302
        post = Post.objects.get()
        shown = text_of(ada.get(f"/organizations/{place.org.pk}/"))
        assert "班子与任期" in shown
        assert "上级指派" in shown
        assert "党内任职" in text_of(ada.get(f"/members/{place.people[0].pk}/"))
        assert ben.post(desk("end-post", post.pk), {}).status_code in (403, 422)
        assert ada.post(desk("end-post", post.pk), {"ended_on": day()}).status_code == 422
        ada.post(desk("end-post", post.pk), {"ended_on": day(), "reason": "退休"})
        assert Post.objects.get().end_reason == "退休"
        assert "历任" in text_of(ada.get(desk("organization", place.org.pk)))

    def test_delegates_are_counted_and_not_named(self, place, ben):
        case = drive(place, Act.ASSEMBLE)
        Election.objects.filter(pk=case.pk).update(assembly="DELEGATES", may_have_delegates=True)
        shown = text_of(ben.get(desk("assemble", case.pk)))
        assert "应到代表" in shown
        assert "党员05" not in shown
        ben.post(
            desk("assemble", case.pk),
            {"happened_on": day(), "delegates_expected": 100, "delegates_present": 90},
        )
        assert Election.objects.get(pk=case.pk).present == 90

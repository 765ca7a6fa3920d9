"""Extensions and by-elections on the same machine; scans beside a step; who may act where."""

from __future__ import annotations

import datetime as dt

import pytest

from kernel.errors import Forbidden
from tenant_apps.audit import selectors as audit
from tenant_apps.elections import selectors
from tenant_apps.elections.models import Act, CaseKind, Election, Office, Reason
from tenant_apps.elections.permissions import ElectionPermission
from tenant_apps.elections.selectors import electors
from tenant_apps.elections.services import acting, opening, preparing
from tenant_apps.elections.services.acting import Upload
from tests.factories.elections import ENDS, branch, drive, paper
from tests.factories.organizations import NOW, TODAY, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(alpha):
    return branch()


class TestExtension:
    def ask(self, place, until, **how):
        return opening.ask_extension(
            org=place.org,
            until=until,
            paper=paper(note="工作需要"),
            actor=place.ben,
            now=NOW,
            **how,
        )

    def test_moves_the_end_when_the_superior_agrees(self, place):
        until = dt.date(2027, 12, 31)
        case = self.ask(place, until)
        case = preparing.reply(
            election=case, is_approved=True, paper=paper(document="党委〔2026〕9 号"),
            actor=place.ada, now=NOW,
        )  # fmt: skip
        place.org.refresh_from_db()
        assert place.org.term_ends_on == until
        assert case.act == Act.DONE
        event = audit.events_about(place.org.pk).get(code="organization.revised")
        assert event.data["changes"] == {"term_ends_on": ["2027-01-31", "2027-12-31"]}
        assert event.data["document"] == "党委〔2026〕9 号"

    def test_is_a_year_at_most_to_the_day(self, place):
        with pytest.raises(opening.ExtensionTooLong):
            self.ask(place, dt.date(2028, 2, 1))
        assert self.ask(place, dt.date(2028, 1, 31)).new_ends_on == dt.date(2028, 1, 31)

    def test_a_second_one_counts_from_the_same_end(self, place):
        first = self.ask(place, dt.date(2027, 7, 31))
        preparing.reply(election=first, is_approved=True, paper=paper(), actor=place.ada, now=NOW)
        place.org.refresh_from_db()
        with pytest.raises(opening.ExtensionTooLong):
            self.ask(place, dt.date(2028, 7, 31))
        assert opening.original_end(place.org) == ENDS

    def test_a_refusal_leaves_the_term(self, place):
        case = self.ask(place, dt.date(2027, 7, 31))
        case = preparing.reply(
            election=case,
            is_approved=False,
            paper=paper(note="应如期换届"),
            actor=place.ada,
            now=NOW,
        )
        place.org.refresh_from_db()
        assert (place.org.term_ends_on, case.act) == (ENDS, Act.CANCELLED)

    def test_who_asked_does_not_agree(self, place):
        case = self.ask(place, dt.date(2027, 7, 31))
        with pytest.raises(acting.SecondPerson):
            preparing.reply(
                election=case, is_approved=True, paper=paper(), actor=place.ben, now=NOW
            )

    def test_an_end_not_later_is_refused(self, place):
        with pytest.raises(acting.DayDoesNotFit):
            self.ask(place, ENDS)


class TestByElection:
    def test_leaves_the_term_and_the_board(self, place):
        first = drive(place, Act.DONE)
        place.org.refresh_from_db()
        ends = place.org.term_ends_on
        place.people = place.people[5:] + place.people[:5]
        case = drive(place, Act.DONE, kind=CaseKind.BY_ELECTION, seats=1, secretaries=0)
        place.org.refresh_from_db()
        assert place.org.term_ends_on == ends
        assert case.new_ends_on is None
        posts = list(selectors.posts_of(place.org.pk, on=TODAY))
        assert len(posts) == 4
        added = [one for one in posts if one.election_id == case.pk]
        assert [(one.code, one.reason) for one in added] == [("19", Reason.BY_ELECTION)]
        assert selectors.last_held(place.org.pk) == first

    def test_nobody_gets_a_second_seat(self, place):
        drive(place, Act.DONE)
        case = drive(place, Act.PROPOSE, kind=CaseKind.BY_ELECTION, seats=1, secretaries=0)
        chair, *_, fourth, fifth = place.people[:5]
        offered = electors.may_stand(case, Office.COMMITTEE).values_list("pk", flat=True)
        assert chair.pk not in offered and fourth.pk in offered
        assert electors.named(case, Office.COMMITTEE, chair.name) == []
        assert electors.named(case, Office.SECRETARY, chair.name) == [chair.pk]
        listed = [preparing.Nominee(one.pk, Office.COMMITTEE) for one in (chair, fourth)]
        with pytest.raises(preparing.NomineeNotEligible) as refused:
            preparing.propose(
                election=case, nominees=listed, paper=paper(), actor=place.ben, now=NOW
            )
        assert chair.name in refused.value.message
        listed = [preparing.Nominee(one.pk, Office.COMMITTEE) for one in (fourth, fifth)]
        preparing.propose(election=case, nominees=listed, paper=paper(), actor=place.ben, now=NOW)

    def test_a_new_secretary_takes_the_place_of_the_old_one(self, place):
        drive(place, Act.DONE)
        place.people = place.people[1:] + place.people[:1]
        drive(place, Act.DONE, kind=CaseKind.BY_ELECTION, seats=0, secretaries=1)
        held = [one for one in selectors.posts_of(place.org.pk, on=TODAY) if one.code == "01"]
        assert [one.member.name for one in held] == ["党员02"]


class TestFiles:
    def test_scans_are_kept_with_the_step(self, place):
        case = drive(place, Act.REQUEST)
        sent = acting.Paper(TODAY, "支〔2026〕2 号", files=(Upload("请示.pdf", b"%PDF-1.7"),))
        case = preparing.request(election=case, paper=sent, actor=place.ben, now=NOW)
        (file,) = case.steps.get(act=Act.REQUEST).files
        assert (file["name"], file["size"]) == ("请示.pdf", 8)

    @pytest.mark.parametrize(
        "upload",
        [Upload("x.exe", b"MZ"), Upload("空.pdf", b""), Upload("x", b"1")],
    )
    def test_what_is_no_document_is_refused(self, place, upload):
        case = drive(place, Act.REQUEST)
        sent = acting.Paper(TODAY, "支〔2026〕2 号", files=(upload,))
        with pytest.raises(acting.FileRefused):
            preparing.request(election=case, paper=sent, actor=place.ben, now=NOW)
        assert Election.objects.get(pk=case.pk).act == Act.REQUEST


class TestRights:
    def test_a_branch_secretary_does_not_answer(self, place):
        case = drive(place, Act.REPLY)
        with pytest.raises(Forbidden):
            selectors.election_for(place.ben, case.pk, to=ElectionPermission.DECIDE)
        assert selectors.election_for(place.ben, case.pk, to=ElectionPermission.PREPARE) == case

    def test_nor_does_the_general_branch_above_it(self, place):
        """The committee answers (rulebook 1.1: a general branch does not approve)."""
        case = drive(place, Act.REPLY)
        left = somebody(("secretary", place.tree.left.path))
        with pytest.raises(Forbidden):
            selectors.election_for(left, case.pk, to=ElectionPermission.DECIDE)
        root = somebody(("secretary", place.tree.root.path))
        assert selectors.election_for(root, case.pk, to=ElectionPermission.DECIDE) == case

    def test_a_case_of_another_subtree_is_not_there(self, place):
        case = drive(place, Act.REPLY)
        right = somebody(("secretary", place.tree.right.path))
        with pytest.raises(selectors.ElectionNotFound):
            selectors.election_for(right, case.pk, to=ElectionPermission.BROWSE)

    def test_a_post_of_another_subtree_is_not_there(self, place):
        drive(place, Act.DONE)
        (post, *_) = selectors.posts_of(place.org.pk, on=TODAY)
        assert selectors.post_for(place.ben, post.pk) == post
        with pytest.raises(selectors.PostNotFound):
            selectors.post_for(somebody(("secretary", place.tree.right.path)), post.pk)

    def test_the_keeper_of_dues_looks_and_does_not_act(self, place):
        case = drive(place, Act.REPLY)
        keeper = somebody(("treasurer", ""))
        assert selectors.election_for(keeper, case.pk, to=ElectionPermission.BROWSE) == case
        with pytest.raises(Forbidden):
            selectors.election_for(keeper, case.pk, to=ElectionPermission.PREPARE)

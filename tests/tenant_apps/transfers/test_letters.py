"""Letters: numbers without a gap, paper out and in, what a check says, people reminded."""

import datetime as dt

import pytest

from kernel.clock import Month
from kernel.errors import Forbidden
from kernel.unit import shared_context, unit_context
from shared_apps.delivery.models import Message
from tenant_apps.members.models import Change, Member
from tenant_apps.members.services.newcomers import NewMember
from tenant_apps.transfers.models import Handover, Kind, State
from tenant_apps.transfers.selectors import checking
from tenant_apps.transfers.selectors.checking import Worth
from tenant_apps.transfers.selectors.lists import Filters, Tab, counts, listed
from tenant_apps.transfers.services import approving, drafting, letters, receiving, reminding
from tenant_apps.transfers.services.drafting import Plan
from tenant_apps.transfers.services.receiving import PaperLetter
from tenant_apps.transfers.services.stepping import OwnSubmission
from tests.factories.members import make_member
from tests.factories.organizations import NOW, somebody
from tests.tenant_apps.transfers.conftest import DAY, again, begun, sent

OUTSIDE = Plan(kind=Kind.INTER_PROVINCE, other_name="中共青山市委组织部", reason="WORK")
TODAY = NOW.date()


def sent_out(here, name="曾国强", **more):
    return sent(here, make_member(here.one, name), OUTSIDE, **more)


def test_numbers_run_without_a_gap_even_when_one_fails(here):
    first = sent_out(here)
    failed = begun(here, make_member(here.one, "林晓"), OUTSIDE)
    with pytest.raises(Exception, match="1 至 90"):
        approving.approve(handover=failed, actor=here.chief, now=NOW, days=91)
    second = sent_out(here, "吴敏")
    assert [first.letter_number, second.letter_number] == [1, 2]
    assert first.letter == "〔2026〕第 000001 号"


def test_each_year_begins_at_one(here):
    sent_out(here)
    with_new_year = sent_out(here, "吴敏", now=dt.datetime(2027, 1, 4, 2, 0, tzinfo=dt.UTC))
    assert (with_new_year.letter_year, with_new_year.letter_number) == (2027, 1)


def test_paper_out_the_member_leaves_with_the_return_slip(here):
    handover = sent_out(here)
    approving.dispatch(handover=handover, actor=here.secretary, now=NOW)
    assert Member.objects.get().is_active
    approving.take_receipt(handover=handover, on=TODAY, actor=here.chief, now=NOW)
    assert again(handover).state == State.CLOSED
    assert not Member.objects.get().is_active
    change = Change.objects.get()
    assert (change.kind, change.document) == ("TRANSFERRED_OUT", handover.letter)


def test_the_addressee_refused_the_paper(here):
    handover = sent_out(here)
    approving.dispatch(handover=handover, actor=here.secretary, now=NOW)
    approving.note_refusal(handover=handover, reason="地址不符", actor=here.chief, now=NOW)
    assert again(handover).state == State.REJECTED
    assert Member.objects.get().is_active


def paper(**more):
    person = NewMember(
        name="何静", identity="320303198505050027", phone="13800009999", gender="F",
        birth_on=dt.date(1985, 5, 5), joined_on=dt.date(2010, 7, 1), full_on=dt.date(2011, 7, 1),
    )  # fmt: skip
    values = {
        "kind": Kind.INTRA_PROVINCE, "other_name": "中共青山区委组织部", "letter": "青组转 88 号",
        "issued_on": TODAY - 10 * DAY, "valid_until": TODAY + 20 * DAY, "person": person,
        "category": "FULL", "paid_to": Month(202610),
    }  # fmt: skip
    return PaperLetter(**{**values, **more})


def registered(here, **more):
    return receiving.register(paper=paper(**more), org=here.one, actor=here.secretary, now=NOW)


def test_paper_in_is_registered_accepted_placed_and_answered(here):
    handover = registered(here)
    assert "320303198505050027" not in str(handover.preview)
    receiving.accept(handover=handover, branch=here.two, actor=here.chief, now=NOW)
    receiving.place(handover=again(handover), actor=here.chief, now=NOW)
    member = Member.objects.get()
    assert (member.name, member.org_id) == ("何静", here.two.id)
    assert Change.objects.get().kind == "TRANSFERRED_IN"
    receiving.send_receipt(handover=again(handover), actor=here.chief, now=NOW)
    assert again(handover).state == State.CLOSED


def test_a_paper_letter_that_ran_out_is_refused_clearly(here):
    handover = registered(here, valid_until=TODAY - DAY)
    with pytest.raises(receiving.LetterExpired, match="青组转 88 号"):
        receiving.accept(handover=handover, branch=here.one, actor=here.chief, now=NOW)
    assert not Member.objects.exists()


def test_whoever_registers_a_paper_letter_does_not_accept_it(here):
    handover = receiving.register(paper=paper(), org=here.one, actor=here.chief, now=NOW)
    with pytest.raises(OwnSubmission):
        receiving.accept(handover=handover, branch=here.one, actor=here.chief, now=NOW)


@pytest.mark.parametrize(
    "wrong",
    [
        {"letter": " "},
        {"other_name": ""},
        {"valid_until": TODAY - 11 * DAY},
        {"kind": "INTER_TENANT"},
    ],
)
def test_an_incomplete_letter_is_not_registered(here, wrong):
    with pytest.raises(receiving.LetterIncomplete):
        registered(here, **wrong)


def test_the_file_of_somebody_refused_is_erased(here):
    handover = registered(here)
    receiving.refuse(handover=handover, reason="本人未到我单位", actor=here.chief, now=NOW)
    assert again(handover).file_sealed is None


def test_a_check_says_what_a_letter_is_worth_and_hides_the_name(here, beta):
    handover = sent_out(here)
    found = letters.check(code=handover.code.lower(), actor=here.chief, today=TODAY)
    assert (found.worth, found.name_masked) == (Worth.VALID, "曾**")
    after = handover.valid_until + DAY
    assert checking.letter(handover.code, today=after).worth == Worth.EXPIRED
    approving.dispatch(handover=handover, actor=here.secretary, now=NOW)
    approving.take_receipt(handover=handover, on=TODAY, actor=here.chief, now=NOW)
    assert checking.letter(handover.code, today=TODAY).worth == Worth.USED
    voided = sent_out(here, "吴敏")
    drafting.withdraw(handover=voided, reason="本人不去了", actor=here.chief, now=NOW)
    assert checking.letter(voided.code, today=TODAY).worth == Worth.VOID
    with unit_context(beta.id):
        assert checking.letter(handover.code, today=TODAY) is None
    assert checking.letter("", today=TODAY) is None


def test_codes_cannot_be_tried_out(here):
    for _ in range(letters.CHECKS):
        assert letters.check(code="NONE", actor=here.chief, today=TODAY) is None
    with pytest.raises(letters.CheckedTooOften):
        letters.check(code="NONE", actor=here.chief, today=TODAY)


def test_the_pocket_list_holds_letters_past_their_day_without_receipt(here):
    late = sent_out(here, days=10)
    fresh = sent_out(here, "吴敏", days=90)
    after = TODAY + 11 * DAY
    assert list(listed(here.chief, Tab.POCKET, Filters(), today=after)) == [late]
    assert counts(here.chief, today=TODAY)[Tab.POCKET] == 0
    assert fresh in listed(here.chief, Tab.OPEN, Filters(q="吴敏"), today=after)


def test_what_somebody_submitted_waits_for_another(here):
    begun(here, make_member(here.one), OUTSIDE)
    assert counts(here.chief, today=TODAY)[Tab.MINE] == 1
    assert counts(here.secretary, today=TODAY)[Tab.MINE] == 0
    branch_admin = somebody(("unit_admin", here.one.path))
    assert counts(branch_admin, today=TODAY)[Tab.MINE] == 0


def test_nobody_sees_transfers_of_another_sub_tree(here):
    begun(here, make_member(here.one), OUTSIDE)
    other = somebody(("secretary", here.two.path))
    assert counts(other, today=TODAY)[Tab.OPEN] == 0


def test_reminders_go_out_within_limits(here):
    handover = sent_out(here)
    moment = NOW
    reminding.remind(handover=handover, actor=here.secretary, now=moment)
    with pytest.raises(reminding.RemindedEnough, match="3 天"):
        reminding.remind(handover=handover, actor=here.secretary, now=moment + DAY)
    for _ in range(reminding.MOST - 1):
        moment += reminding.BETWEEN
        reminding.remind(handover=handover, actor=here.secretary, now=moment)
    with pytest.raises(reminding.RemindedEnough, match="5 次"):
        reminding.remind(handover=handover, actor=here.secretary, now=moment + 9 * DAY)
    with shared_context():
        assert Message.objects.filter(template="transfer_due").count() == reminding.MOST


def test_only_the_bearer_of_a_letter_is_reminded(here):
    with pytest.raises(reminding.NotToRemind):
        reminding.remind(
            handover=begun(here, make_member(here.one), OUTSIDE), actor=here.chief, now=NOW
        )


def test_a_secretary_gives_no_letter(here):
    handover = begun(here, make_member(here.one), OUTSIDE)
    with pytest.raises(Forbidden):
        approving.approve(handover=handover, actor=somebody(("secretary", "")), now=NOW)
    assert not Handover.objects.exclude(letter="").exists()

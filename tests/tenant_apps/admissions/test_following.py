"""A case follows the member's file: who enters otherwise applies no more, what is undone goes back
(rulebook 2.1, 2.4, 2.5).
"""

from __future__ import annotations

import pytest

from kernel.unit import shared_context, unit_context
from shared_apps.people.models import Affiliation
from shared_apps.rules.selectors.admission_packs import admission_packs
from tenant_apps.admissions import selectors
from tenant_apps.admissions.models import Case, Category, State, StepState
from tenant_apps.admissions.selectors.history import history_of
from tenant_apps.admissions.services import acting, inputs
from tenant_apps.admissions.services.opening import Sealed
from tenant_apps.audit import selectors as audit
from tenant_apps.members.models import Change, ChangeKind, Member
from tenant_apps.members.services import changes, entering, followers
from tenant_apps.members.services.newcomers import NewMember
from tests import cast
from tests.conftest import FacingClient
from tests.tenant_apps.admissions.walking import (
    LATE,
    TIMES,
    answers,
    day,
    do,
    opened,
    walk,
)


def undo_newest(world, case):
    change = Change.objects.filter(member_id=case.member_id, undone_at=None).latest("id")
    changes.undo(change=change, actor=world.organiser, now=LATE)
    case.refresh_from_db()
    return case


def foretold(case):
    return followers.foretold(Change.objects.filter(member_id=case.member_id).latest("id"))


def lets_in(case):
    with shared_context():
        return Affiliation.objects.filter(member_id=case.pk, kind="APPLICANT").exists()


def newcomer(case):
    kept = Sealed.of(Case.objects.get(pk=case.pk))
    return NewMember(
        name=case.name, identity=kept.identity, phone=kept.phone, gender=case.gender,
        birth_on=case.birth_on, joined_on=day("2024-05-04"), full_on=day("2025-05-04"),
    )  # fmt: skip


class TestUndone:
    def test_each_decision_that_is_undone_takes_the_case_back_to_it(self, world):
        """Extended, cancelled, converted and archived, admitted: each undone in the file."""
        case = walk(world, opened(world), "conversion_meeting")
        do(world, case, "conversion_meeting", result="EXTEND", extend_months=6)
        do(world, case, "conversion_approval")
        case.refresh_from_db()
        assert (case.act, case.extensions) == ("probation", 1)
        undo_newest(world, case)
        assert (case.act, case.extensions) == ("conversion_approval", 0)
        assert "probation_until" not in case.dates
        assert "conversion_approval" not in case.dates
        self.again(world, case, result="CANCEL", ground="PROBATION_LOST")
        assert (case.state, case.closed_reason) == (
            State.CANCELLED, "取消预备党员资格：预备党员失去联系",
        )  # fmt: skip
        undo_newest(world, case)
        assert (case.state, case.category, case.conversion, case.closed_reason) == (
            State.OPEN, Category.PROBATIONARY, "", "",
        )  # fmt: skip
        self.again(world, case)
        walk(world, case, "")
        assert (case.state, case.category) == (State.DONE, Category.FULL)
        back, taken = foretold(case)
        assert back == "发展党员工作退回到「上级党委审批转正」，须重新办理。" and "归档" in taken
        undo_newest(world, case)
        assert (case.is_open, case.act, case.category, case.converted_on) == (
            True, "conversion_approval", Category.PROBATIONARY, None,
        )  # fmt: skip
        taken = case.steps.filter(state=StepState.TAKEN_BACK).values_list("act", flat=True)
        assert {"conversion_approval", "archive"} <= set(taken)
        assert "approval" in case.texted and "conversion_approval" not in case.texted
        member = Member.objects.get(pk=case.member_id)
        undo_newest(world, case)
        member.refresh_from_db()
        assert not member.is_active
        assert (case.act, case.category, case.member_id, case.joined_on, case.approved_on) == (
            "approval", Category.CANDIDATE, None, None, None,
        )  # fmt: skip
        assert set(case.dates) >= {"meeting", "probation_start", "committee_talk"}
        assert not {"oath", "approval", "probation"} & set(case.dates)
        assert lets_in(case) and "approval" not in case.texted
        told = history_of(case)[0]
        assert "撤销了党员变动，退回到「上级党委审批」" in told.title
        do(world, case, "approval")
        case.refresh_from_db()
        assert case.member_id == member.pk, "the old file is taken up again"
        assert not lets_in(case)

    def again(self, world, case, **given):
        """The resolution taken back, another one made and approved."""
        acting.take_back(case=case, reason="改议", actor=world.secretary, now=LATE)
        do(world, case, "conversion_meeting", **given)
        do(world, case, "conversion_approval")
        case.refresh_from_db()

    def test_a_case_stays_ended_where_its_person_has_another(self, world):
        case = walk(world, opened(world), "oath")
        Case.objects.filter(pk=case.pk).update(state=State.DONE, closed_on=day("2027-01-01"))
        other = opened(world, name="周正")
        Case.objects.filter(pk=other.pk).update(identity_index=case.identity_index)
        (said,) = foretold(case)
        assert "另有正在办理" in said
        undo_newest(world, case)
        assert case.state == State.DONE

    def test_the_page_says_beforehand_where_the_case_goes_back_to(self, alpha, world):
        case = walk(world, opened(world), "oath")
        change = Change.objects.get(member_id=case.member_id)
        ada = cast.officer(FacingClient(), alpha)
        page = ada.get(f"/members/changes/{change.pk}/undo/").content.decode()
        assert "撤销后同时变动" in page and "退回到「上级党委审批」" in page


class TestGround:
    """Why a probation is cancelled, with the provision it is in (rulebook 2.4, 2.5)."""

    def meeting(self, world, **given):
        case = Case(org=world.tree.l1, org_path=world.tree.l1.path)
        rule = next(
            pack.acts["conversion_meeting"]
            for pack in admission_packs()
            if pack.acts["conversion_meeting"].article.startswith("第")
        )
        values = inputs.read(
            rule.inputs, {**answers(world, "conversion_meeting"), **given}, case=case
        )
        inputs.check(rule, values, case=case)
        return rule, values

    def test_is_chosen_among_those_that_the_rules_name(self, world):
        rule, values = self.meeting(world, result="CANCEL", ground="SETTLED_ABROAD")
        assert values["ground"] == "SETTLED_ABROAD"
        choices = dict(next(one.choices for one in rule.inputs if one.key == "ground"))
        assert list(choices) == ["UNFIT", "PROBATION_LOST", "SETTLED_ABROAD", "ELSE"]
        assert choices["UNFIT"] == "不履行党员义务、不具备党员条件，依据第三十二条、第三十三条"

    @pytest.mark.parametrize(
        "given",
        [
            {"result": "CANCEL"},
            {"result": "CANCEL", "ground": "ABSENT"},
            {"result": "ON_TIME", "ground": "UNFIT"},
        ],
    )
    def test_is_refused_where_it_is_missing_unknown_or_out_of_place(self, world, given):
        with pytest.raises(inputs.InputRefused) as refused:
            self.meeting(world, **given)
        assert refused.value.data["field"] == "ground"


class TestEntered:
    def test_who_is_entered_otherwise_applies_no_more_until_that_is_undone(self, world, beta):
        case = walk(world, opened(world, phone="13900007777"), "activist_filing")
        pending = acting.record(
            case=case, act="activist_filing", on=day("2025-03-20"), given={},
            actor=world.secretary, **TIMES,
        )  # fmt: skip
        member = changes.enter(
            person=newcomer(case), org=world.tree.l2, category="FULL",
            kind=ChangeKind.SUPPLEMENTED, on=day("2025-01-01"), document="",
            actor=world.organiser, now=LATE,
        )  # fmt: skip
        case.refresh_from_db()
        pending.refresh_from_db()
        assert (case.state, case.closed_on, case.member_id) == (
            State.ENTERED, day("2025-01-31"), member.pk,
        )  # fmt: skip
        assert case.closed_reason == "本人已登记为党员（补录），入党申请不再办理"
        assert (pending.state, lets_in(case)) == (StepState.TAKEN_BACK, False)
        assert "将其登记为党员" in history_of(case)[0].title
        assert "恢复办理" in foretold(case)[0]
        undo_newest(world, case)
        pending.refresh_from_db()
        assert (case.state, case.closed_on, case.closed_reason, case.member_id) == (
            State.OPEN, None, "", None,
        )  # fmt: skip
        assert (pending.state, lets_in(case)) == (StepState.SUBMITTED, True)
        assert audit.events_about(case.pk).first().code == "admission.entry_undone"
        with unit_context(beta.id):
            assert not selectors.cases_visible_to(world.organiser).exists()

    def test_the_same_for_many_that_a_file_brings(self, world):
        cases = [opened(world), opened(world, name="周正")]
        entrants = [
            entering.Entrant(case.pk, newcomer(case), world.tree.l2, "FULL") for case in cases
        ]
        found = entering.enter_many(
            entrants=entrants, kind=ChangeKind.SUPPLEMENTED, on=day("2025-06-01"),
            actor=world.organiser, now=LATE,
        )  # fmt: skip
        assert set(Case.objects.values_list("state", flat=True)) == {State.ENTERED}
        entering.take_back_many(
            change_ids=[one.pk for one in found.made.values()], reason="误导入",
            actor=world.organiser, now=LATE,
        )  # fmt: skip
        assert set(Case.objects.values_list("state", flat=True)) == {State.OPEN}

    def test_a_case_does_not_follow_its_own_admission(self, world):
        case = walk(world, opened(world), "oath")
        assert case.is_open
        assert "admission.entered" not in [one.code for one in audit.events_about(case.pk)]

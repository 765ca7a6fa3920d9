"""Taking an application in: age, identity, one at a time (rulebook 2.3, step 1)."""

from __future__ import annotations

import pytest

from kernel.unit import shared_context, unit_context
from shared_apps.people.models import Affiliation
from tenant_apps.admissions import selectors
from tenant_apps.admissions.models import Case, Category, State, StepState
from tenant_apps.admissions.permissions import AdmissionPermission
from tenant_apps.admissions.services import closing, opening
from tenant_apps.audit import selectors as audit
from tenant_apps.members.services.sealing import open_identity
from tests.factories.members import make_member
from tests.factories.organizations import admin, new, plant
from tests.tenant_apps.admissions.walking import TIMES, applicant, day, identity, opened, walk


class TestOpenCase:
    def test_does_it(self, world):
        number = identity("19991231", is_male=False)
        case = opened(world, name="苏 晓梅", identity=number)
        case = Case.objects.get(pk=case.pk)
        assert (case.name, case.gender, case.birth_on) == ("苏晓梅", "F", day("1999-12-31"))
        assert (case.category, case.state, case.act) == (Category.APPLICANT, State.OPEN, "talk")
        assert (case.act_version, case.act_began_on) == ("2014", day("2025-01-31"))
        assert open_identity(case.identity_sealed) == number
        assert number not in case.identity_masked
        step = case.steps.get()
        assert (step.act, step.state, step.done_on) == (
            "application", StepState.DONE, day("2025-01-31"),
        )  # fmt: skip
        assert audit.events_about(case.pk).get().code == "admission.opened"

    def test_eighteen_on_the_day_is_old_enough(self, world):
        born = {"identity": identity("20070131")}
        assert opened(world, **born).applied_on == day("2025-01-31")

    def test_joining_before_18_is_refused_with_the_day_it_opens(self, world):
        with pytest.raises(opening.ApplicantRefused, match="2025-02-01 年满 18"):
            opened(world, identity=identity("20070201"))

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({"identity": "32030319950203100"}, "identity"),
            ({"identity": "320303199502031000"}, "identity"),
            ({"identity": "320303199513031002"}, "identity"),
            ({"phone": "12345"}, "phone"),
            ({"name": "  "}, "name"),
            ({"occupation": "KING"}, "occupation"),
            ({"ethnicity": "火星族"}, "ethnicity"),
        ],
    )
    def test_refuses_what_cannot_be(self, world, fields, field):
        with pytest.raises(opening.ApplicantRefused) as refused:
            opened(world, **fields)
        assert refused.value.data["field"] == field
        assert not Case.objects.exists()

    def test_an_identity_number_against_the_birthday(self, world):
        with pytest.raises(opening.ApplicantRefused, match="与身份证号中的 1995-02-03 不一致"):
            opened(world, birth_on=day("1995-02-04"))

    def test_an_identity_number_against_the_gender(self, world):
        with pytest.raises(opening.ApplicantRefused, match="性别与身份证号不一致"):
            opened(world, gender="F")

    def test_refuses_a_day_to_come(self, world):
        with pytest.raises(opening.ApplicantRefused, match="不能晚于今天"):
            opened(world, applied="2030-01-01")

    def test_refuses_a_second_open_application_of_one_person(self, world):
        number = identity()
        first = opened(world, identity=number)
        with pytest.raises(opening.CaseOpenAlready):
            opened(world, identity=number)
        closing.close(
            case=first, state=State.WITHDRAWN, on=day("2025-02-01"), reason="本人申请撤回",
            actor=world.secretary, **TIMES,
        )  # fmt: skip
        assert opened(world, identity=number).pk != first.pk

    def test_refuses_a_member(self, world):
        number = identity()
        make_member(world.tree.l2, identity_number=number)
        with pytest.raises(opening.MemberAlready):
            opened(world, identity=number)

    @pytest.mark.parametrize("kind", ["TEMP_BRANCH", "MOBILE_BRANCH", "GENERAL_BRANCH"])
    def test_only_branches_that_hold_relations_develop_members(self, world, kind):
        plant(new("root", "COMMITTEE", None), new("其他组织", kind))
        org = type(world.tree.l1).objects.get(short_name="其他组织")
        with pytest.raises(opening.CannotAdmit):
            opening.open_case(
                org=org, applicant=applicant(), applied_on=day("2025-01-31"), given={},
                layout="25", actor=world.secretary, **TIMES,
            )  # fmt: skip

    def test_another_unit_sees_nothing(self, world, beta):
        case = opened(world)
        with unit_context(beta.id), pytest.raises(selectors.CaseNotFound):
            selectors.case_for(admin(""), case.pk, to=AdmissionPermission.BROWSE)


class TestCorrect:
    def test_does_it_and_keeps_what_is_sealed(self, world):
        case = opened(world)
        before = (case.identity_masked, case.phone_masked)
        corrected = opening.correct(
            case=case,
            applicant=applicant("苏小梅", identity="", phone="", workplace="设计二室"),
            actor=world.secretary, **TIMES,
        )  # fmt: skip
        assert (corrected.name, corrected.workplace) == ("苏小梅", "设计二室")
        assert (corrected.identity_masked, corrected.phone_masked) == before
        assert audit.events_about(case.pk).first().code == "admission.corrected"

    def test_refuses_the_number_of_somebody_else(self, world):
        other = identity()
        opened(world, identity=other)
        case = opened(world, name="周正")
        with pytest.raises(opening.CaseOpenAlready):
            opening.correct(
                case=case, applicant=applicant("周正", identity=other), actor=world.secretary,
                **TIMES,
            )  # fmt: skip

    def test_the_number_of_a_member_is_corrected_in_the_members_file(self, world):
        case = walk(world, opened(world), "oath")
        with pytest.raises(opening.ApplicantRefused, match="请在党员档案中更正"):
            opening.correct(
                case=case, applicant=applicant("苏晓梅"), actor=world.secretary, **TIMES
            )

    def test_a_member_keeps_the_members_sign_in_and_no_other(self, world):
        case = walk(world, opened(world), "oath")
        opening.correct(
            case=case, applicant=applicant("苏晓梅", identity=""), actor=world.secretary, **TIMES
        )
        with shared_context():
            assert not Affiliation.objects.filter(member_id=case.pk).exists()


class TestGates:
    def test_a_secretary_sees_the_own_branch_only(self, world):
        case = opened(world)
        assert list(selectors.cases_visible_to(world.secretary)) == [case]
        other = admin(world.tree.l2.path)
        assert list(selectors.cases_visible_to(other)) == []
        with pytest.raises(selectors.CaseNotFound):
            selectors.case_for(other, case.pk, to=AdmissionPermission.BROWSE)

    def test_the_nearest_committee_above_approves(self, world):
        assert selectors.committee_of(world.tree.l1) == world.tree.root
        assert selectors.may_decide(world.organiser, opened(world))
        branch_admin = admin(world.tree.left.path)
        assert not selectors.may_decide(branch_admin, Case.objects.get())

    def test_outside_the_unit_the_whole_units_administrator_records_it(self, world):
        type(world.tree.root).objects.filter(pk=world.tree.root.pk).update(kind="GENERAL_BRANCH")
        case = opened(world)
        assert selectors.may_decide(admin(""), case)
        assert not selectors.may_decide(admin(world.tree.root.path), case)

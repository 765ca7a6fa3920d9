"""Adding an organisation by hand, correcting its sheet, the units behind it."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import DomainError
from kernel.unit import shared_context, unit_context
from shared_apps.usage.models import Outbox
from tenant_apps.audit import selectors as audit
from tenant_apps.organizations.models import Kind, Organization, Turn, Workplace
from tenant_apps.organizations.selectors.contacts import open_phone
from tenant_apps.organizations.services import founding, revising
from tenant_apps.organizations.services.refusals import (
    CodeTaken,
    HoldsNoMembers,
    KindDoesNotFit,
    NameTaken,
    TooFewFullMembers,
)
from tenant_apps.organizations.services.sheets import (
    PhoneNotPossible,
    Sheet,
    SituationUnknown,
    TemporaryNeeds,
    sheet_of,
)
from tenant_apps.organizations.services.turns import DayNotPossible
from tests.factories.members import new_member, store
from tests.factories.organizations import NOW, TODAY, admin, small_tree

REPLY = "徐水党组〔2026〕8 号"


def sheet(name="新支部", kind=Kind.BRANCH, **fields):
    return Sheet(name=name, short_name=name, kind=kind, **fields)


def create(parent, wanted, document=REPLY):
    return founding.create(parent=parent, sheet=wanted, document=document, actor=admin(), now=NOW)


def revise(org, wanted, **more):
    return revising.revise(organization=org, sheet=wanted, actor=admin(), now=NOW, **more)


@pytest.fixture
def tree(alpha):
    return small_tree()


class TestCreate:
    def test_hangs_it_last_below_its_parent_and_records_it(self, tree):
        made = create(tree.left, sheet())
        assert made.path == tree.left.path + "0003"
        event = audit.events_about(made.id).get()
        assert (event.code, event.actor_name) == ("organization.created", "艾达")
        turn = Turn.objects.get(org_id=made.id)
        assert (turn.kind, turn.happened_on, turn.document) == ("FOUNDED", TODAY, REPLY)
        assert (turn.before, turn.after["parent"]) == (None, str(tree.left.id))

    def test_is_there_from_the_day_it_was_founded(self, tree):
        made = create(tree.left, sheet(founded_on=dt.date(2020, 5, 1)))
        assert Turn.objects.get(org_id=made.id).happened_on == dt.date(2020, 5, 1)
        with pytest.raises(DayNotPossible):
            create(tree.left, sheet("后天", founded_on=TODAY + dt.timedelta(days=2)))

    def test_refuses_a_regular_branch_without_approval(self, tree):
        with pytest.raises(TooFewFullMembers):
            create(tree.left, sheet(), document=" ")
        assert create(tree.left, sheet("联合", Kind.JOINT_BRANCH), document="").depth == 3

    @pytest.mark.parametrize(
        ("name", "code", "error"),
        [("中共l1", "", "organization_name_taken"), ("别名", "C9", "organization_code_taken")],
    )
    def test_refuses_a_name_or_code_that_is_taken(self, tree, name, code, error):
        Organization.objects.filter(pk=tree.right.pk).update(code="C9")
        with pytest.raises(DomainError) as refusal:
            create(tree.left, sheet(name, code=code))
        assert refusal.value.code == error

    def test_refuses_a_national_code_that_is_taken(self, tree):
        create(tree.left, sheet("甲", national_code="011100126220"))
        with pytest.raises(DomainError) as refusal:
            create(tree.left, sheet("乙", national_code="011100126220"))
        assert refusal.value.code == "organization_code_taken"

    def test_refuses_anything_but_groups_below_a_branch(self, tree):
        with pytest.raises(KindDoesNotFit):
            create(tree.l1, sheet())
        assert create(tree.l1, sheet("第一党小组", Kind.GROUP)).depth == 4

    def test_asks_a_temporary_branch_for_its_end_and_its_secretary(self, tree):
        with pytest.raises(TemporaryNeeds):
            create(tree.left, sheet(kind=Kind.TEMP_BRANCH, appointed_secretary="林远"))
        until = dt.date(2027, 3, 1)
        made = create(
            tree.left,
            sheet(kind=Kind.TEMP_BRANCH, appointed_secretary="林远", temporary_until=until),
            document="",
        )
        assert (made.can_hold_members, made.temporary_until) == (False, until)

    def test_seals_the_contact_phone(self, tree):
        made = create(tree.left, sheet(contact="高峰", contact_phone="0516-8390 1234"))
        made.refresh_from_db()
        assert open_phone(made) == "0516-83901234"
        assert made.contact_phone_masked == "051******1234"
        assert "83901234" not in str(bytes(made.contact_phone_sealed))

    @pytest.mark.parametrize(
        ("fields", "error"),
        [
            ({"contact_phone": "打给我"}, PhoneNotPossible),
            ({"unit_situation": "XYZ"}, SituationUnknown),
        ],
    )
    def test_refuses_what_cannot_be(self, tree, fields, error):
        with pytest.raises(error):
            create(tree.left, sheet(**fields))

    def test_is_counted_and_invisible_to_beta(self, tree, beta):
        create(tree.left, sheet())
        with shared_context():
            assert Outbox.objects.filter(kind="organizations", numbers={"delta": 1}).exists()
        with unit_context(beta.id):
            assert not Organization.objects.exists()
            assert not Turn.objects.exists()


class TestRevise:
    def test_keeps_old_and_new_values_and_the_name_of_before(self, tree):
        wanted = sheet("改名支部", term_ends_on=dt.date(2027, 1, 1))
        revise(tree.l1, wanted, document=REPLY)
        changes = audit.events_about(tree.l1.id).get().data["changes"]
        assert changes["name"] == ["中共l1", "改名支部"]
        assert changes["term_ends_on"] == [None, "2027-01-01"]
        assert Organization.objects.get(pk=tree.l1.pk).name_initials == "gmzb"
        turn = Turn.objects.get(org_id=tree.l1.id)
        assert (turn.before["name"], turn.after["name"]) == ("中共l1", "改名支部")

    def test_records_nothing_when_nothing_changed(self, tree):
        revise(tree.l1, sheet_of(tree.l1))
        assert not audit.events_about(tree.l1.id).exists()
        assert not Turn.objects.exists()

    def test_leaves_the_phone_alone_unless_it_is_given(self, tree):
        made = create(tree.left, sheet(contact_phone="13812345678"))
        revise(made, sheet("改名"))
        made.refresh_from_db()
        assert open_phone(made) == "13812345678"
        revise(made, sheet("改名", contact_phone=""))
        made.refresh_from_db()
        assert (made.contact_phone_sealed, made.contact_phone_masked) == (None, "")
        told = [event.data for event in audit.events_about(made.id)]
        assert "13812345678" not in str(told)

    def test_refuses_a_name_or_code_that_is_taken(self, tree):
        revise(tree.l1, sheet("甲", code="C1"), document=REPLY)
        with pytest.raises(NameTaken):
            revise(tree.l2, sheet("甲"), document=REPLY)
        with pytest.raises(CodeTaken):
            revise(tree.l2, sheet("l2", code="C1"), document=REPLY)

    def test_refuses_to_make_a_branch_of_what_has_branches_below(self, tree):
        with pytest.raises(KindDoesNotFit):
            revise(tree.left, sheet("left"))

    def test_refuses_a_type_that_holds_no_members_while_there_are_some(self, tree):
        store(new_member(tree.l1))
        with pytest.raises(HoldsNoMembers):
            revise(tree.l1, sheet("l1", Kind.MOBILE_BRANCH))

    def test_refuses_to_become_a_branch_of_fewer_than_three(self, tree):
        made = create(tree.left, sheet("联合", Kind.JOINT_BRANCH))
        with pytest.raises(TooFewFullMembers):
            revise(made, sheet("联合"))
        store(*(new_member(made) for _ in range(3)))
        assert revise(made, sheet("联合")).kind == Kind.BRANCH


class TestWorkplaces:
    def test_are_added_and_removed_with_a_record(self, tree):
        held = {"organization": tree.l1, "actor": admin(), "now": NOW}
        made = revising.add_workplace(name="云龙机械厂", credit_code="91350100M000100Y43", **held)
        revising.remove_workplace(workplace_id=made.id, **held)
        revising.remove_workplace(workplace_id=made.id, **held)
        assert not Workplace.objects.exists()
        codes = [event.code for event in audit.events_about(tree.l1.id)]
        assert codes == ["organization.workplace_removed", "organization.workplace_added"]

    def test_are_refused_twice_and_with_a_wrong_code(self, tree):
        held = {"organization": tree.l1, "actor": admin(), "now": NOW}
        revising.add_workplace(name="云龙机械厂", **held)
        with pytest.raises(revising.WorkplaceTaken):
            revising.add_workplace(name="云龙机械厂", **held)
        with pytest.raises(revising.CreditCodeWrong):
            revising.add_workplace(name="别厂", credit_code="91350100M000100Y44", **held)

    @pytest.mark.parametrize(
        ("code", "is_right"),
        [("91350100M000100Y43", True), ("91350100M000100Y4", False), ("9135010OM000100Y43", False)],
    )
    def test_know_the_check_character(self, code, is_right):
        assert revising.is_credit_code(code) is is_right

    @given(at=st.integers(0, 16), char=st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"))
    def test_notice_any_one_wrong_character(self, at, char):
        good = "91350100M000100Y43"
        wrong = good[:at] + char + good[at + 1 :]
        assert revising.is_credit_code(wrong) == (wrong == good)

"""What hangs on a membership ends with it and comes back with its undo (rulebook 2.5, 12.2)."""

import pytest

from kernel.crypto import platform_cipher
from kernel.unit import shared_context
from shared_apps.people.models import Person
from tenant_apps.access.models import Grant
from tenant_apps.access.services import grants
from tenant_apps.audit import selectors as audit
from tenant_apps.members.models import ChangeKind, Correction, Proposal
from tenant_apps.members.services import changes, departures, merging, noting, proposals
from tests.factories.members import make_member
from tests.factories.organizations import JOB, NOW, TODAY, admin, somebody

PHONE = "13900004444"


@pytest.fixture
def holder(tree):
    """A member who is secretary of the own branch and administers the unit."""
    member = make_member(tree.l1, "段和平", phone=PHONE)
    noting.affiliate(member)
    mark = platform_cipher().index(PHONE, purpose="phone")
    with shared_context():
        person = Person.objects.create(phone_index=mark, created_at=NOW)
    for role, scope in (("secretary", tree.l1.path), ("unit_admin", "")):
        grants.grant(person_id=person.pk, person_name=member.name, role=role, scope=scope,
                     actor=JOB, now=NOW)  # fmt: skip
    return member


def another_administrator():
    grants.grant(person_id=admin().person_id, person_name="路远", role="unit_admin", scope="",
                 actor=JOB, now=NOW)  # fmt: skip


def leave(member, actor, kind="DIED"):
    return changes.leave(member=member, kind=ChangeKind(kind), on=TODAY, document="苏组批 3 号",
                         reason="", actor=actor, now=NOW)  # fmt: skip


def held():
    return set(Grant.objects.filter(revoked_at=None, person_name="段和平").values_list(
        "role", flat=True))  # fmt: skip


def test_roles_end_and_come_back(tree, holder):
    another_administrator()
    chief = admin()
    told = departures.preview(holder, actor=chief)
    assert told.ended == ["管理角色「书记」（中共l1）", "管理角色「单位管理员」（全单位）"]
    change = leave(holder, chief)
    assert held() == set()
    assert departures.told_of(change) == told
    event = audit.events_about(holder.pk).get(code="member.left")
    assert event.data["ended"] == told.ended
    changes.undo(change=change, actor=chief, now=NOW)
    assert held() == {"secretary", "unit_admin"}


def test_the_last_administrator_and_superiors_are_told_not_ended(tree, holder):
    """Recording a death gives a branch no power over a role of the whole unit."""
    secretary = somebody(("secretary", tree.l1.path))
    assert len(departures.preview(holder, actor=secretary).left) == 2
    change = leave(holder, admin(), "SUSPENDED")
    assert held() == {"unit_admin"}
    assert "最后一位" in departures.told_of(change).left[0]


def test_a_phone_of_two_members_ends_nobodys_roles(tree, holder):
    noting.affiliate(make_member(tree.l1, phone=PHONE))
    leave(holder, JOB)
    assert held() == {"secretary", "unit_admin"}


def test_what_waits_for_a_decision_waits_no_more(tree):
    member = make_member(tree.l1)
    waiting = proposals.submit(member=member, kind=ChangeKind.PERSUADED, on=TODAY, document="1 号",
                               reason="", actor=admin(), now=NOW)  # fmt: skip
    asked = Correction.objects.create(member=member, field="workplace", reason="换了单位",
                                      asked_at=NOW)  # fmt: skip
    change = leave(member, admin())
    waiting.refresh_from_db()
    asked.refresh_from_db()
    assert (waiting.state, asked.state, asked.answer) == ("WITHDRAWN", "REFUSED", "死亡后自动结束")
    changes.undo(change=change, actor=admin(), now=NOW)
    waiting.refresh_from_db()
    asked.refresh_from_db()
    assert (waiting.state, asked.state, asked.answer) == ("WAITING", "WAITING", "")


def test_the_case_that_ends_it_stays_approved(tree):
    waiting = proposals.submit(member=make_member(tree.l1), kind=ChangeKind.PERSUADED, on=TODAY,
                               document="1 号", reason="", actor=admin(), now=NOW)  # fmt: skip
    change = proposals.approve(proposal=waiting, note="", actor=admin(), now=NOW)
    assert Proposal.objects.get().state == "APPROVED"
    assert not departures.told_of(change)


def test_one_of_two_files_takes_its_roles_along(tree, holder):
    """Making one file of two ends no membership."""
    merging.merge(kept=make_member(tree.l1), gone=holder, take=(), actor=admin(), now=NOW)
    assert held() == {"secretary", "unit_admin"}

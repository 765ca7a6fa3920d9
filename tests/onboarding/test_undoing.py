"""Taking an import back, and inviting the first administrator."""

import datetime as dt

import pytest

from kernel.actor import Actor
from kernel.clock import Month, day_of, now
from kernel.unit import shared_context, unit_context
from onboarding.models import Event, ImportState, Opening, OpeningState, RosterImport
from onboarding.services import importing, inviting, reading, registration, undoing
from shared_apps.people.models import Affiliation
from tenant_apps.audit import selectors as audit
from tenant_apps.dues.models import Bill, BillState, Standard
from tenant_apps.dues.services import billing
from tenant_apps.dues.services.standards import StandardsInUse
from tenant_apps.members.models import Member
from tenant_apps.organizations.models import Organization
from tenants.models import Unit, UnitState
from tests.onboarding.test_reading import upload
from tests.tenants.life import put


@pytest.fixture
def done(opening, roster, officer):
    row = upload(opening, roster, officer)
    reading.read(import_id=row.id)
    importing.approve(held=row, actor=officer, now=now())
    importing.store(import_id=row.id)
    row.refresh_from_db()
    return row


def undo(row, actor, *, name=None, at=None):
    return undoing.undo(held=row, typed_name=name or row.unit.name, actor=actor, now=at or now())


class TestUndo:
    def test_removes_what_the_import_made(self, done, officer):
        undo(done, officer)
        done.refresh_from_db()
        assert done.state == ImportState.UNDONE
        assert (done.review_key, done.refused_key) == ("", "")
        with unit_context(done.unit_id):
            for model in (Member, Standard, Organization):
                assert not model.objects.exists()
            assert audit.all_events().filter(code="roster.undone").exists()
        assert not Affiliation.objects.filter(unit_id=done.unit_id).exists()
        assert Event.objects.filter(code="roster.undone", actor_name="陆远").exists()

    def test_lets_the_same_file_be_handed_in_again(self, done, roster, opening, officer):
        undo(done, officer)
        assert upload(opening, roster, officer).state == ImportState.UPLOADED

    def test_halfway_makes_the_unit_a_draft_that_anybody_may_open(
        self, opening, roster, officer, colleague
    ):
        put(opening.unit, UnitState.DRAFT)
        row = upload(opening, roster, officer)
        reading.read(import_id=row.id)
        importing.approve(held=row, actor=officer, now=now())
        assert Unit.objects.get(pk=opening.unit_id).state == UnitState.OPENING
        RosterImport.objects.filter(pk=row.pk).update(state=ImportState.FAILED)
        undo(RosterImport.objects.select_related("unit").get(pk=row.pk), officer)
        held = Opening.objects.select_related("unit").get(pk=opening.pk)
        assert (held.unit.state, held.state) == (UnitState.DRAFT, OpeningState.REGISTERED)
        assert (held.holder_id, held.holder_name) == (None, "")
        again = upload(opening, roster, colleague)
        reading.read(import_id=again.id)
        importing.approve(held=again, actor=colleague, now=now())
        assert Unit.objects.get(pk=opening.unit_id).state == UnitState.OPENING

    def test_after_the_opening_leaves_the_unit_in_service(self, done, officer):
        undo(done, officer)
        assert Unit.objects.get(pk=done.unit_id).state == UnitState.TRIAL

    def test_takes_unpaid_bills_along(self, done, officer):
        with unit_context(done.unit_id):
            billing.issue_month(
                month=Month.of(day_of(now())), actor=Actor.system("test"), now=now()
            )
            assert Bill.objects.exists()
        undo(done, officer)
        with unit_context(done.unit_id):
            assert not Bill.objects.exists()

    def test_is_refused_when_a_bill_was_paid_and_removes_nothing(self, done, officer):
        with unit_context(done.unit_id):
            billing.issue_month(
                month=Month.of(day_of(now())), actor=Actor.system("test"), now=now()
            )
            bill = Bill.objects.first()
            Bill.objects.filter(pk=bill.pk).update(
                state=BillState.PAID, paid_fen=bill.due_fen, paid_at=now()
            )
            before = Member.objects.count()
        with pytest.raises(StandardsInUse):
            undo(done, officer)
        with unit_context(done.unit_id):
            assert Member.objects.count() == before

    def test_is_refused_when_somebody_signed_in(self, done, officer):
        somebody = Affiliation.objects.filter(unit_id=done.unit_id).first()
        Affiliation.objects.filter(pk=somebody.pk).update(activated_at=now())
        with pytest.raises(undoing.SomebodyActivated):
            undo(done, officer)
        with unit_context(done.unit_id):
            assert Member.objects.exists()

    def test_wants_the_units_name_typed(self, done, officer):
        with pytest.raises(undoing.NameNotTyped):
            undo(done, officer, name="别的单位")

    def test_is_possible_for_seven_days(self, done, officer):
        with pytest.raises(undoing.UndoTooLate):
            undo(done, officer, at=done.done_at + dt.timedelta(days=7, seconds=1))
        undo(done, officer, at=done.done_at + dt.timedelta(days=7))

    def test_of_what_was_never_imported_is_refused(self, opening, roster, officer):
        row = upload(opening, roster, officer)
        with pytest.raises(undoing.NotUndoable):
            undo(row, officer)

    def test_of_an_import_that_stopped_halfway_is_possible(self, done, officer):
        RosterImport.objects.filter(pk=done.pk).update(state=ImportState.FAILED, done_at=None)
        undo(done, officer)
        with unit_context(done.unit_id):
            assert not Member.objects.exists()


class TestInvite:
    def test_gives_a_link_once_and_says_so_on_the_time_line(self, opening, officer):
        link = inviting.invite(opening=opening, actor=officer, now=now())
        assert link.url.startswith("http://alpha.test")
        assert link.phone_masked == "138****0000"
        opening.refresh_from_db()
        assert opening.invited_at is not None
        assert Event.objects.filter(code="administrator.invited").count() == 1
        with shared_context(), unit_context(opening.unit_id):
            assert audit.all_events().filter(code="administrator.invited").exists()

    def test_may_go_to_somebody_else_than_the_contact(self, opening, officer):
        link = inviting.invite(
            opening=opening, actor=officer, now=now(), name="李梅", phone="13900000001"
        )
        assert link.phone_masked == "139****0001"

    def test_is_too_early_before_the_unit_answers(self, opening, officer):
        opening.unit.state = "draft"
        with pytest.raises(inviting.NotServingYet):
            inviting.invite(opening=opening, actor=officer, now=now())
        assert registration.contact_of(opening) == ("宋佳", "13812340000")

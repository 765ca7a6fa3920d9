"""A unit that never came into service is given up at once, and nothing of it stays."""

import datetime as dt

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection

from kernel.clock import now
from kernel.crypto import KeyDestroyed, unit_cipher
from kernel.errors import Forbidden
from kernel.unit import Purpose, UnitNotServing, shared_context, unit_context
from onboarding.models import (
    Batch,
    BatchRow,
    BatchState,
    Closing,
    ClosingState,
    Event,
    ImportState,
    Opening,
    RosterImport,
    RowState,
)
from onboarding.permissions import OnboardingPermission
from onboarding.selectors import UnknownOpening, opening_for
from onboarding.services import abandoning, batch_opening, batches, closing_steps, registration
from shared_apps.people.models import Invitation
from shared_apps.people.services import invitations
from tenants.models import Domain, Transition, Unit, UnitKey, UnitState
from tenants.services import life_cycle, schemas
from tests import cast
from tests.conftest import FacingClient
from tests.onboarding.batches.conftest import code_of, handed_in, line
from tests.onboarding.conftest import officer_named, registration_of
from tests.tenants.life import as_superuser, put

S = UnitState
WHY = "单位撤回签约意向"


@pytest.fixture
def draft(committed, officer):
    """A registered unit, really written, that nobody has begun to open."""
    return registration.register(
        registration=registration_of(credit_code=code_of(77)), actor=officer, now=now()
    )


def give_up(opening, *, actor, **changes):
    given = {"reason": WHY, "typed": opening.unit.name, "now": now(), **changes}
    return abandoning.abandon(unit_id=opening.unit_id, actor=actor, **given)


def furnish(opening, officer):
    """A schema, a roster that was read, a file, an invitation; returns what was sealed."""
    unit = opening.unit
    schemas.provision(unit=unit)
    with unit_context(unit.pk):
        sealed = unit_cipher().seal("x", column="c")
    default_storage.save(f"units/{unit.pk}/source.bin", ContentFile(b"rows"))
    RosterImport.objects.create(
        unit=unit, state=ImportState.REVIEW, digest=b"1", filename_sealed=b"", size=1,
        uploaded_by_name=officer.name, uploaded_at=now(),
    )  # fmt: skip
    invited = invitations.invite(
        unit_id=unit.pk, unit_role=unit.schema_name, role="unit_admin", name="宋佳",
        phone="13812340000", actor=officer, now=now(),
    )  # fmt: skip
    return sealed, invited.token


class TestGivingUp:
    def test_leaves_nothing_but_the_record(self, draft, officer):
        sealed, token = furnish(draft, officer)
        unit = draft.unit
        give_up(draft, actor=officer)
        (change,) = Transition.objects.filter(unit=unit)
        assert (change.was, change.to, change.reason) == (S.DRAFT, S.CLOSED, WHY)
        assert change.actor_id == officer.person_id
        assert Event.objects.get(unit_id=unit.pk, code="unit.abandoned").actor_name == officer.name
        name = unit.schema_name
        assert as_superuser("SELECT 1 FROM pg_namespace WHERE nspname = %s", name) == []
        assert as_superuser("SELECT 1 FROM pg_roles WHERE rolname = %s", name) == []
        assert not default_storage.exists(f"units/{unit.pk}/source.bin")
        for model in (Opening, RosterImport, Invitation):
            assert not model.objects.filter(unit_id=unit.pk).exists()
        assert bytes(UnitKey.objects.get(pk=unit.pk).wrapped) == b""
        with pytest.raises(invitations.InvitationUnknown):
            invitations.opened(token=token, unit_id=unit.pk, now=now())
        self.nobody_enters(unit, sealed)

    @staticmethod
    def nobody_enters(unit, sealed):
        for purpose in Purpose:
            with pytest.raises(UnitNotServing), unit_context(unit.pk, for_=purpose):
                pass
        connection.set_tenant(Unit.objects.get(pk=unit.pk))
        try:
            with pytest.raises(KeyDestroyed):
                unit_cipher().open(sealed, column="c")
        finally:
            connection.set_schema_to_public()

    def test_frees_code_and_address_for_another_registration(self, draft, officer):
        give_up(draft, actor=officer)
        again = registration.register(
            registration=registration_of(credit_code=code_of(77)), actor=officer, now=now()
        )
        assert again.unit_id != draft.unit_id
        assert again.unit.label == draft.unit.label

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"reason": " 不"}, life_cycle.ReasonNeeded),
            ({"typed": "青石镇供销"}, life_cycle.NameNotTyped),
        ],
    )
    def test_wants_a_reason_and_the_name(self, draft, officer, changes, error):
        with pytest.raises(error):
            give_up(draft, actor=officer, **changes)
        assert Unit.objects.get(pk=draft.unit_id).state == S.DRAFT

    @pytest.mark.parametrize("state", [one for one in S if one != S.DRAFT])
    def test_is_for_drafts_only(self, draft, officer, state):
        put(draft.unit, state)
        with pytest.raises(abandoning.NotADraft):
            give_up(draft, actor=officer)
        assert Unit.objects.get(pk=draft.unit_id).state == state
        assert Opening.objects.filter(pk=draft.pk).exists()

    @pytest.mark.parametrize("state", [ImportState.UPLOADED, ImportState.READING])
    def test_waits_for_a_roster_that_is_being_read(self, draft, officer, state):
        RosterImport.objects.create(
            unit=draft.unit, state=state, digest=b"1", filename_sealed=b"", size=1,
            uploaded_by_name=officer.name, uploaded_at=now(),
        )  # fmt: skip
        with pytest.raises(abandoning.UnitBeingOpened):
            give_up(draft, actor=officer)
        assert Unit.objects.get(pk=draft.unit_id).state == S.DRAFT

    def test_loses_against_somebody_who_began_to_open_it(self, draft, officer, monkeypatch):
        """The state that was read is old by the time of the change."""

        def meanwhile(unit):
            put(unit, S.OPENING)

        monkeypatch.setattr(abandoning, "_refuse", meanwhile)
        with pytest.raises(life_cycle.IllegalTransition):
            give_up(draft, actor=officer)
        assert Opening.objects.filter(pk=draft.pk).exists()

    def test_is_told_apart_from_an_unknown_unit(self, db, officer):
        with pytest.raises(UnknownOpening):
            abandoning.abandon(unit_id=officer.person_id, reason=WHY, typed="", actor=officer,
                               now=now())  # fmt: skip

    def test_touches_no_other_unit(self, draft, officer):
        beta = Unit.objects.get(label="beta")
        give_up(draft, actor=officer)
        assert Domain.objects.filter(tenant=beta).count() == 1
        with unit_context(beta.pk):
            assert unit_cipher().seal("x", column="c")
        assert as_superuser("SELECT 1 FROM pg_namespace WHERE nspname = %s", beta.schema_name)


class TestAKilledWorker:
    def test_leaves_the_rest_to_the_sweep(self, draft, officer, monkeypatch):
        furnish(draft, officer)
        with monkeypatch.context() as dying:
            dying.setattr(abandoning.clear, "after_commit", lambda **kw: None)
            give_up(draft, actor=officer)
        unit = draft.unit
        assert Domain.objects.filter(tenant=unit).exists()
        assert abandoning.sweep(now=now()) == 0, "its job may yet come"
        later = now() + dt.timedelta(minutes=6)
        monkeypatch.setattr(closing_steps.clock, "now", lambda: later)
        closing_steps.sweep()
        assert not Domain.objects.filter(tenant=unit).exists()
        assert bytes(UnitKey.objects.get(pk=unit.pk).wrapped) == b""
        assert as_superuser("SELECT 1 FROM pg_roles WHERE rolname = %s", unit.schema_name) == []
        assert abandoning.sweep(now=later) == 0

    def test_does_no_harm_to_a_unit_that_is_closed_the_long_way(self, draft, officer):
        put(draft.unit, S.TRIAL)
        abandoning.clear(unit_id=draft.unit_id)
        assert Domain.objects.filter(tenant=draft.unit).exists()
        assert bytes(UnitKey.objects.get(pk=draft.unit_id).wrapped)

    def test_takes_no_step_of_a_closing(self, draft, officer):
        """What a closing has shut is cleared away by the steps of that closing alone."""
        put(draft.unit, S.CLOSED)
        held = Closing.objects.create(
            unit=draft.unit, state=ClosingState.FINISHING, reason=WHY, requested_at=now(),
            requested_by=officer.person_id, requested_by_name=officer.name,
        )  # fmt: skip
        abandoning.clear(unit_id=draft.unit_id)
        assert Domain.objects.filter(tenant=draft.unit).exists()
        assert bytes(UnitKey.objects.get(pk=draft.unit_id).wrapped)
        held.delete()


class TestRowsOfSheets:
    @pytest.fixture
    def failed(self, made, officer, monkeypatch):
        """A confirmed sheet whose one unit was registered and could not be opened."""
        batch = handed_in(line(1), officer=officer)
        with monkeypatch.context() as broken:
            broken.setattr(batch_opening.first_root, "plant", _refuse_root)
            batches.confirm(batch=batch, actor=officer, now=now())
        row = batch.rows.select_related("unit").get()
        assert (row.state, row.unit.state) == (RowState.FAILED, S.DRAFT)
        return batch, row

    def test_can_be_retried_and_register_the_unit_anew(self, failed, officer):
        batch, row = failed
        give_up(Opening.objects.select_related("unit").get(unit=row.unit), actor=officer)
        left = batch.rows.get()
        assert (left.state, left.unit_id) == (RowState.STOPPED, None)
        batches.retry(batch=batch, row_id=left.pk, now=now())
        left.refresh_from_db()
        assert left.state == RowState.DONE
        assert left.unit_id != row.unit_id
        assert left.unit.state == S.TRIAL

    def test_that_are_still_to_be_opened_keep_the_unit(self, failed, officer):
        _, row = failed
        BatchRow.objects.update(state=RowState.WAITING)
        Batch.objects.update(state=BatchState.OPENING)
        with pytest.raises(abandoning.UnitBeingOpened):
            give_up(Opening.objects.select_related("unit").get(unit=row.unit), actor=officer)


def _refuse_root(**kwargs):
    raise registration.UnitNameMissing


class TestWhoMay:
    def test_outreach_gives_up_what_it_registered_itself(self, opening, officer, colleague):
        may = OnboardingPermission.UNIT_ABANDON
        assert opening_for(officer, opening.unit_id, to=may) == opening
        with pytest.raises(Forbidden):
            opening_for(colleague, opening.unit_id, to=may)
        assert opening_for(officer_named("顾明", "operator"), opening.unit_id, to=may)

    @pytest.mark.parametrize("role", ["outreach", "system_admin", "audit_admin"])
    def test_nobody_else_by_page_or_api(self, opening, role):
        put(opening.unit, S.DRAFT)
        client = cast.staff(FacingClient(), role)
        page, form = f"/units/{opening.unit_id}/abandon/", {"reason": WHY, "typed": "x"}
        assert client.get(page).status_code == 403
        assert client.post(page, form).status_code == 403
        api = f"/api/v1/units/{opening.unit_id}/abandonment/"
        assert client.post(api, form, content_type="application/json").status_code == 403
        with shared_context():
            assert Unit.objects.get(pk=opening.unit_id).state == S.DRAFT


class TestThePage:
    def test_asks_once_more_and_says_that_there_is_no_way_back(self, draft):
        client = cast.staff(FacingClient(), "operator")
        address = f"/units/{draft.unit_id}/abandon/"
        assert address in client.get(f"/units/{draft.unit_id}/").content.decode()
        assert address in client.get(f"/fleet/{draft.unit_id}/life-cycle/").content.decode()
        page = client.get(address).content.decode()
        assert "放弃后不能恢复" in page
        refused = client.post(address, {"reason": WHY, "typed": "别的单位"})
        assert refused.status_code == 422
        assert "不一致" in refused.content.decode()
        done = client.post(address, {"reason": WHY, "typed": draft.unit.name})
        assert (done.status_code, done["Location"]) == (302, "/")
        assert Unit.objects.get(pk=draft.unit_id).state == S.CLOSED
        assert client.get(address).status_code == 404

    def test_is_not_offered_for_a_unit_in_service(self, draft):
        put(draft.unit, S.TRIAL)
        client = cast.staff(FacingClient(), "operator")
        address = f"/units/{draft.unit_id}/abandon/"
        assert address not in client.get(f"/units/{draft.unit_id}/").content.decode()
        assert "单位不是草稿" in client.get(address).content.decode()

    def test_has_an_api(self, draft):
        client = cast.staff(FacingClient(), "operator")
        answer = client.post(
            f"/api/v1/units/{draft.unit_id}/abandonment/",
            {"reason": WHY, "typed": draft.unit.name},
            content_type="application/json",
        )
        assert answer.status_code == 204
        assert Unit.objects.get(pk=draft.unit_id).state == S.CLOSED

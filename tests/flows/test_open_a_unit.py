"""One story over HTTP: a unit is registered, its roster read, confirmed and imported, its first
administrator invited, and the unit's own page answers; then the remainder is handed in."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from kernel.unit import unit_context
from onboarding.models import ImportState, Opening, RosterImport
from shared_apps.people.models import PlatformGrant, Session
from shared_apps.people.services import invitations
from shared_apps.usage.services import rollups
from tenant_apps.members.models import Member
from tests import cast
from tests.bench import roster_shapes
from tests.conftest import FacingClient
from tests.onboarding.browsing import FORM
from tests.onboarding.conftest import committed as _committed

committed = _committed
pytestmark = pytest.mark.slow


@pytest.fixture
def staff(committed):
    """Outreach and operator, really signed in; their sessions go with the test."""
    yield cast.staff(FacingClient(), "outreach"), cast.staff(FacingClient(), "operator")
    Session.objects.filter(person__login__startswith="test-").delete()
    PlatformGrant.objects.filter(person__login__startswith="test-").delete()


def test_from_registration_to_the_first_administrator(staff, client):
    outreach, operator = staff
    roster = roster_shapes.make("own", name=FORM["name"], members=60, seed=7, share=0.05)

    upload_page = outreach.post("/units/new/", FORM)["Location"]
    opening = Opening.objects.get(unit__name=FORM["name"])
    closed = client.get("/", headers={"host": "qszgxs.test"})
    assert closed.status_code == 503

    file = SimpleUploadedFile(roster.filename, roster.content)
    review = outreach.post(upload_page, {"roster": file, "complete": "1"})["Location"]
    page = outreach.get(review).content.decode()
    assert f"确认导入 {roster.truth.accepted} 人" in page

    outreach.post(f"{review}confirmation/")
    result = outreach.get(review).content.decode()
    assert "已开通" in result
    assert "http://qszgxs.test" in result
    row = RosterImport.objects.get(unit=opening.unit)
    assert (row.state, row.made_count) == (ImportState.DONE, roster.truth.accepted)

    invited = outreach.post(f"/units/{opening.unit_id}/invitation/", {}).content.decode()
    token = re.search(r"/invitation/([\w-]+)/", invited)[1]
    with unit_context(opening.unit_id):
        invitee = invitations.opened(unit_id=opening.unit_id, token=token, now=row.done_at)
    assert invitee.name == FORM["contact_name"]
    assert client.get(f"/invitation/{token}/", headers={"host": "qszgxs.test"}).status_code == 200

    rollups.drain()
    figures = operator.get("/operations/").content.decode()
    assert FORM["name"] in figures
    assert "邀请未接受" in figures

    _hands_in_again(outreach, upload_page, review, roster, opening)


def _hands_in_again(outreach, upload_page, review, roster, opening):
    copy = SimpleUploadedFile("a.xlsx", roster.content)
    again = outreach.post(upload_page, {"roster": copy, "complete": "1"})
    assert "没有重复处理" in again.content.decode()

    refused = outreach.get(f"{review}refused/").content
    remainder = SimpleUploadedFile("remainder.xlsx", refused)
    second = outreach.post(upload_page, {"roster": remainder, "complete": "1"})["Location"]
    assert "退回的行" in outreach.get(second).content.decode()
    with unit_context(opening.unit_id):
        assert Member.objects.count() == roster.truth.accepted

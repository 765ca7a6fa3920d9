"""The pages of roles: listing, inviting, another role, taking back and undoing."""

import re

import pytest

from kernel.models import uuid7
from kernel.unit import unit_context
from tenant_apps.access.models import Grant
from tenant_apps.access.selectors import neighbours
from tests import cast
from tests.conftest import FacingClient
from tests.factories.dues import make_owing_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client, alpha):
    return cast.officer(client, alpha)


def colleague(unit, **by):
    cast.officer(FacingClient(), unit, name="本", **by)
    return Grant.objects.get(person_name="本")


class TestRoles:
    def test_lists_people_and_where_they_work(self, desk, alpha):
        org = make_owing_member(202611).org
        colleague(alpha, role="secretary", scope=org.path)
        page = desk.get("/access/").content.decode()
        assert "本" in page
        assert org.name in page

    def test_a_page_for_unit_administrators_only(self, client, alpha):
        cast.officer(client, alpha, role="secretary")
        assert client.get("/access/").status_code == 403

    def test_takes_a_role_and_the_toast_gives_it_back(self, desk, alpha):
        held = colleague(alpha, role="treasurer")
        desk.post(f"/access/roles/{held.id}/revoke/")
        held.refresh_from_db()
        assert held.revoked_at is not None
        desk.post(f"/access/roles/{held.id}/restore/")
        assert Grant.objects.filter(person_id=held.person_id, revoked_at=None).count() == 1

    def test_the_last_administrator_stays(self, desk, alpha):
        only = Grant.objects.get()
        assert desk.post(f"/access/roles/{only.id}/revoke/")["Location"] == "/access/"
        only.refresh_from_db()
        assert only.revoked_at is None

    def test_another_units_rows_are_not_found(self, desk, alpha, beta):
        with unit_context(beta.id):
            theirs = colleague(beta)
        for address in (
            f"/access/roles/{theirs.id}/revoke/",
            f"/access/people/{theirs.person_id}/roles/",
            f"/access/invitations/{uuid7()}/revoke/",
        ):
            assert desk.post(address).status_code == 404
        with unit_context(beta.id):
            theirs.refresh_from_db()
            assert theirs.revoked_at is None


class TestInvite:
    fields = {"name": "克莱", "phone": "13900000009", "role": "treasurer", "scope": "*"}

    def test_shows_the_link_once(self, desk):
        page = desk.post("/access/invite/", self.fields).content.decode()
        assert re.search(r"http://alpha\.test/invitation/[\w-]{43}/", page)
        listed = desk.get("/access/").content.decode()
        assert "克莱" in listed
        assert "/invitation/" not in listed

    def test_takes_an_invitation_back(self, desk):
        desk.post("/access/invite/", self.fields)
        address = re.search(
            r'action="(/access/invitations/[^"]+)"', desk.get("/access/").content.decode()
        )[1]
        desk.post(address)
        assert "克莱" not in desk.get("/access/").content.decode()

    @pytest.mark.parametrize(
        ("wrong", "says"),
        [
            ({"phone": "12"}, "11 位手机号"),
            ({"name": ""}, "姓名"),
            ({"role": "operator"}, "请选择角色"),
            ({"scope": "9999"}, "重新选择管理范围"),
        ],
    )
    def test_says_what_is_wrong(self, desk, wrong, says):
        answer = desk.post("/access/invite/", {**self.fields, **wrong})
        assert answer.status_code == 422
        assert says in answer.content.decode()

    def test_finds_an_organisation_by_name_without_a_script(self, desk, alpha):
        org = make_owing_member(202611).org
        page = desk.post("/access/invite/", {"find": "1", "place_q": org.name[:3], **self.fields})
        assert f'value="{org.path}"' in page.content.decode()
        assert "克莱" in page.content.decode()

    def test_finds_it_while_typing(self, desk, alpha):
        org = make_owing_member(202611).org
        page = desk.get("/access/places/", {"place_q": org.name[:3]}).content.decode()
        assert page.count(f'value="{org.path}"') == 1

    def test_offers_the_own_sub_tree_only(self, client, alpha):
        org = make_owing_member(202611).org
        cast.officer(client, alpha, scope=org.path)
        page = client.get("/access/invite/").content.decode()
        assert 'value="*"' not in page
        assert client.post("/access/invite/", self.fields).status_code == 422


class TestAddRole:
    def test_gives_a_colleague_another_one(self, desk, alpha):
        held = colleague(alpha, role="treasurer")
        address = f"/access/people/{held.person_id}/roles/"
        assert desk.get(address).status_code == 200
        done = desk.post(address, {"role": "secretary", "scope": "*"})
        assert done["Location"] == "/access/"
        roles = Grant.objects.filter(person_id=held.person_id, revoked_at=None)
        assert set(roles.values_list("role", flat=True)) == {"treasurer", "secretary"}

    def test_says_what_is_missing(self, desk, alpha):
        held = colleague(alpha, role="treasurer")
        answer = desk.post(f"/access/people/{held.person_id}/roles/", {})
        assert answer.status_code == 422


def test_the_apps_above_have_told_what_they_know(alpha):
    """Without them nobody could sign in as a member or choose a scope."""
    member = make_owing_member(202611)
    assert neighbours.standings_of([member.id])[member.id].org_path == member.org_path
    assert neighbours.names_of_places([member.org_path])[member.org_path] == member.org.name

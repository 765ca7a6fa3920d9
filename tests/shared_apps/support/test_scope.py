"""Let into a part of the unit: who says which, what it opens, and where it goes when it moves."""

import datetime as dt
import json

import pytest

from kernel.clock import now as current
from kernel.crypto import platform_cipher
from kernel.unit import shared_context
from shared_apps.delivery.models import Message
from shared_apps.delivery.services.templates import text_of
from shared_apps.people.services import member_sign_in
from shared_apps.support.models import Access, State
from tenant_apps.access.models import Grant
from tenant_apps.audit.models import Event
from tenant_apps.organizations.models import Kind, Organization
from tenant_apps.organizations.services import moving
from tenant_apps.organizations.services.turns import Decision
from tests.cast import officer
from tests.conftest import FacingClient
from tests.factories.dues import make_member, make_organization
from tests.factories.organizations import admin
from tests.shared_apps.support.conftest import WHY, code_of

AREAS = {"areas": ["organizations", "members", "dues"]}


def values_of(access):
    """A row's columns but for its key, to make another one of."""
    fields = [field.attname for field in Access._meta.concrete_fields]
    return {name: getattr(access, name) for name in fields if name != "id"}


@pytest.fixture
def tree(play):
    """Two branches below two committees, one member in each."""
    for path, name in (
        ("0001", "总部党委"), ("00010001", "生产党总支"), ("000100010001", "一车间党支部"),
        ("00010002", "机关党总支"), ("000100020001", "财务党支部"),
    ):  # fmt: skip
        make_organization(path, name)
    for path in ("00010001", "00010002"):
        Organization.objects.filter(path=path).update(kind=Kind.GENERAL_BRANCH)
    inside = make_member("000100010001", "甘车间")
    outside = make_member("000100020001", "费财务")
    return inside, outside


class TestAsking:
    def test_names_a_part_in_words_that_the_unit_reads(self, play, tree):
        access = play.ask(place="  生产  党总支 ")
        assert access.asked_place == "生产 党总支"
        page = play.desk.get(f"/support/{access.id}/").content.decode()
        assert "生产 党总支" in page
        assert "生产 党总支" in play.console.get(f"/support/{access.id}/").content.decode()

    def test_the_part_that_is_meant_is_chosen_and_the_whole_unit_is_not_offered(self, play, tree):
        access = play.ask(place="生产党总支")
        page = play.desk.get(f"/support/{access.id}/").content.decode()
        assert 'value="00010001"' in page
        assert 'value="*"' not in page
        assert 'value="00010002"' not in page

    def test_what_is_not_clear_is_left_to_the_administrator(self, play, tree):
        access = play.ask(place="党总支")
        page = play.desk.get(f"/support/{access.id}/").content.decode()
        assert 'value="00010001"' in page
        assert 'value="00010002"' in page
        assert 'value="*"' not in page
        assert "checked" not in page.partition('name="scope"')[2].partition('name="hours"')[0]


class TestAccepting:
    def test_may_narrow_the_whole_unit_to_a_part(self, play, tree):
        play.ask()
        assert play.accept(scope="00010001").status_code == 302
        access = play.access()
        assert (access.scope, access.asked_place) == ("00010001", "")
        told = play.desk.get(f"/support/{access.id}/").content.decode()
        assert "生产党总支" in told
        on_the_console = play.console.get(f"/support/{access.id}/").content.decode()
        assert "单位指定的组织及其下级" in on_the_console
        assert "生产党总支" not in on_the_console
        assert Event.objects.get(code="support.accepted").data["scope"] == "00010001"

    @pytest.mark.parametrize("scope", ["*", "00010002", "0001", "00019999", ""])
    def test_never_gives_more_than_was_named(self, play, tree, scope):
        play.ask(place="生产党总支")
        assert play.accept(scope=scope).status_code == 422
        assert play.access().state == State.ASKED

    @pytest.mark.parametrize("scope", ["", "00010002", "0001", "00019999"])
    def test_neither_does_the_api(self, play, tree, scope):
        access = play.ask(place="生产党总支")
        answer = self.by_api(play, access, scope)
        assert answer.status_code == 422, answer.content
        assert play.access().state == State.ASKED
        done = self.by_api(play, access, "000100010001")
        assert done.status_code == 200
        assert done.json()["scope"] == play.access().scope == "000100010001"

    def test_of_the_whole_unit_only_to_a_place_that_is_there(self, play, tree):
        access = play.ask()
        assert self.by_api(play, access, "00019999").json()["code"] == "support_scope_unknown"
        assert play.access().state == State.ASKED

    def test_looks_for_places_by_name(self, play, tree):
        access = play.ask()
        found = play.desk.get(f"/support/{access.id}/places/?place_q=财务").content.decode()
        assert 'value="000100020001"' in found
        assert "一车间" not in found
        form = {"find": "1", "place_q": "财务", "areas": ["members"], "hours": "5"}
        page = play.desk.post(f"/support/{access.id}/accept/", form).content.decode()
        assert 'value="000100020001"' in page
        assert 'value="5"' in page
        assert play.access().state == State.ASKED

    def test_places_are_for_who_decides(self, play, tree):
        access = play.ask()
        client = officer(FacingClient(), play.unit, role="secretary", name="本")
        assert client.get(f"/support/{access.id}/places/").status_code == 403

    @staticmethod
    def by_api(play, access, scope):
        given = {
            "hours": 3, "areas": ["members"], "scope": scope,
            "code": code_of(play.administrator),
        }  # fmt: skip
        url = f"/api/v1/support-accesses/{access.id}/accept/"
        return play.desk.post(url, given, content_type="application/json")


class TestInside:
    def test_sees_the_part_and_nothing_beside_it(self, play, tree):
        inside, outside = tree
        visitor = play.all_the_way(scope="00010001", **AREAS)
        page = visitor.get("/members/").content.decode()
        assert inside.name in page
        assert outside.name not in page
        assert visitor.get(f"/members/{inside.id}/").status_code == 200
        assert visitor.get(f"/members/{outside.id}/").status_code == 404
        beside = Organization.objects.get(path="00010002")
        assert visitor.get(f"/organizations/{beside.id}/").status_code == 404
        assert "机关党总支" not in visitor.get("/organizations/").content.decode()
        assert "生产党总支" in visitor.get("/support/visit/").content.decode()

    def test_changes_only_in_the_part(self, play, tree):
        inside, outside = tree
        asked = {"areas": ["members"], "changes": ["members:edit"]}
        visitor = play.all_the_way(scope="00010001", **asked)
        told = {"posts": "组织委员"}
        for member, status in ((inside, 200), (outside, 404)):
            url = f"/api/v1/members/{member.id}/"
            assert visitor.patch(url, told, content_type="application/json").status_code == status
        outside.refresh_from_db()
        assert outside.posts == ""

    def test_goes_along_when_the_part_moves(self, play, tree, beta):
        inside, _ = tree
        visitor = play.all_the_way(scope="000100010001", **AREAS)
        with shared_context():
            elsewhere = Access.objects.create(**{**values_of(play.access()), "unit_id": beta.id})
        moving.move(
            organization=Organization.objects.get(path="000100010001"),
            parent=Organization.objects.get(path="00010002"),
            decision=Decision(on=dt.date(2026, 11, 1), reason="机构改革"),
            actor=admin(),
            now=current(),
        )
        inside.refresh_from_db()
        assert play.access().scope == inside.org_path
        assert inside.org_path.startswith("00010002")
        with shared_context():
            elsewhere.refresh_from_db()
        assert elsewhere.scope == "000100010001", "another unit's tree did not move"
        assert visitor.get(f"/members/{inside.id}/").status_code == 200


class TestTextMessages:
    @pytest.fixture
    def reachable(self, play):
        """The administrator has a phone, a colleague of one branch as well."""
        with shared_context():
            people = {
                scope: member_sign_in.holder_of(phone=number, now=current())
                for number, scope in (("13900000071", ""), ("13900000072", "0001"))
            }
        for scope, held in people.items():
            Grant.objects.create(
                person_id=held.pk, person_name="本", role="unit_admin", scope=scope,
                granted_at=current(),
            )  # fmt: skip

    def sent(self):
        with shared_context():
            found = Message.objects.filter(purpose="support").order_by("created_at", "id")
            return [(one.template, one.phone_masked, one.unit_id) for one in found]

    def test_tell_who_administers_all_of_the_unit(self, play, reachable):
        play.ask()
        assert self.sent() == [("support_asked", "139****0071", play.unit.id)]
        play.accept()
        assert len(self.sent()) == 1
        assert play.enter().status_code == 302
        assert [one[:2] for one in self.sent()][1:] == [("support_entered", "139****0071")]
        assert play.enter(client=FacingClient(SERVER_NAME="alpha.test")).status_code == 302
        assert len(self.sent()) == 2, "coming in again is not told again"

    def test_say_neither_who_nor_why(self, play, reachable):
        play.ask()
        with shared_context():
            message = Message.objects.get(purpose="support")
            sealed = message.parameters_sealed
            told = platform_cipher().open(sealed, column="delivery_message.parameters")
        text = text_of(message.template, json.loads(told))
        assert play.unit.name in text
        assert WHY not in text
        assert "staff-operator" not in text

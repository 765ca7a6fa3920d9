"""Members sign in on the phone, by number and code."""

import re

import pytest

from kernel.unit import shared_context, unit_context
from shared_apps.people.services import affiliations
from shared_apps.usage.models import Outbox
from tenant_apps.audit import selectors as audit
from tests import cast
from tests.factories.dues import make_owing_member
from tests.factories.people import (
    affiliate,
    sms_code,
)
from tests.flows.doors import hidden, is_inside

pytestmark = pytest.mark.django_db


class TestPhone:
    def begin(self, client, number="13800000002"):
        page = client.post("/m/sign-in/", {"phone": number})
        return hidden(page, "phone")

    def enter(self, client, handle, code=None):
        return client.post("/m/sign-in/code/", {"phone": handle, "code": code or sms_code()})

    def test_signs_in_on_the_common_host_and_activates(self, phone, alpha):
        member = make_owing_member(202611, name="陈雨桐")
        affiliate(alpha, member.id)
        done = self.enter(phone, self.begin(phone))
        assert done["Location"] == "/m/"
        assert is_inside(phone, "/m/account/")
        assert "member.activated" in [event.code for event in audit.events_about(member.id)]
        with shared_context():
            waiting = list(Outbox.objects.order_by("id").values_list("kind", "unit_id"))
        assert waiting[-2:] == [("activations", alpha.id), ("sign_ins", alpha.id)]

    def test_asks_which_one_where_a_phone_is_known_twice(self, phone, alpha, beta):
        ours = make_owing_member(202611, name="陈雨桐")
        affiliate(alpha, ours.id)
        with unit_context(beta.id):
            theirs = make_owing_member(202611, name="陈雨桐")
        affiliate(beta, theirs.id)
        assert self.enter(phone, self.begin(phone))["Location"] == "/m/sign-in/choose/"
        assert not is_inside(phone, "/m/account/")
        page = phone.get("/m/sign-in/choose/").content.decode()
        assert page.count("陈*桐") == 2
        assert "陈雨桐" not in page
        assert beta.name in page
        chosen = hidden(phone.get("/m/sign-in/choose/"), "choice")
        assert phone.post("/m/sign-in/choose/", {"choice": chosen})["Location"] == "/m/"
        assert is_inside(phone, "/m/account/")

    def test_tells_the_holder_of_an_unknown_phone_the_way_out(self, phone):
        refused = self.enter(phone, self.begin(phone))
        assert refused.status_code == 404
        assert "请联系所在党支部核对" in refused.content.decode()

    def test_the_pages_before_the_code_are_the_same_for_everybody(self, phone, alpha):
        affiliate(alpha, make_owing_member(202611).id)
        pages = {
            re.sub(r'value="[^"]*"|[0-9a-f]{32}|[A-Za-z0-9]{64}|138\*+\d{4}', "", page)
            for page in (
                phone.post("/m/sign-in/", {"phone": number}).content.decode()
                for number in ("13800000002", "13800000009")
            )
        }
        assert len(pages) == 1

    def test_a_wrong_code_says_how_many_tries_are_left(self, phone):
        handle = self.begin(phone)
        wrong = "000000" if sms_code() != "000000" else "000001"
        assert "还可以再试 4 次" in self.enter(phone, handle, wrong).content.decode()

    def test_the_phone_in_the_form_cannot_be_exchanged(self, phone):
        handle = self.begin(phone)
        forged = handle[:-3] + ("abc" if handle[-3:] != "abc" else "abd")
        assert self.enter(phone, forged)["Location"] == "/m/sign-in/"

    def test_a_member_who_left_is_out_at_once(self, client, alpha):
        member = make_owing_member(202611)
        cast.member(client, alpha, member.id)
        assert is_inside(client, "/m/account/")
        member.is_active = False
        member.save()
        assert not is_inside(client, "/m/account/")

    def test_a_member_whose_phone_changed_or_whose_import_was_undone_is_out(self, client, alpha):
        member = make_owing_member(202611)
        cast.member(client, alpha, member.id)
        assert is_inside(client, "/m/account/")
        affiliations.forget(member_ids=[member.id])
        assert not is_inside(client, "/m/account/")

    def test_a_members_session_opens_no_desk(self, client, alpha):
        cast.member(client, alpha, make_owing_member(202611).id)
        assert client.get("/access/").status_code == 403

    def test_the_connection_is_on_the_shared_tables_after_the_common_host(self, phone, alpha):
        member = make_owing_member(202611)
        cast.member(phone, alpha, member.id, host="m.test")
        assert is_inside(phone, "/m/account/")

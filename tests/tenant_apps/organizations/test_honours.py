"""What an organisation was commended for: entered, counted, struck out; who may."""

import datetime as dt
import json

import pytest

from kernel.unit import unit_context
from tenant_apps.audit import selectors as audit
from tenant_apps.organizations.models import Honour
from tenant_apps.organizations.services import honours
from tests import cast
from tests.conftest import FacingClient
from tests.factories.organizations import NOW, admin, small_tree

GIVEN = {
    "name": "先进基层党组织", "level": "市级", "organ": "市委", "given_on": "2026-06-28",
    "document": "市委〔2026〕8 号",
}  # fmt: skip


@pytest.fixture
def tree(alpha):
    return small_tree()


def give(org, **fields):
    values = {**GIVEN, "given_on": dt.date(2026, 6, 28), **fields}
    return honours.give(organization=org, actor=admin(), now=NOW, **values)


def strike(org, honour, reason="重复登记"):
    honours.strike(organization=org, honour_id=honour.pk, reason=reason, actor=admin(), now=NOW)


def test_is_entered_and_struck_out_with_a_record(tree):
    made = give(tree.l1)
    strike(tree.l1, made)
    made.refresh_from_db()
    assert made.struck_at == NOW
    told = [(event.code, event.data["name"]) for event in audit.events_about(tree.l1.pk)]
    assert told == [
        ("organization.honour_struck", "先进基层党组织"),
        ("organization.honoured", "先进基层党组织"),
    ]  # fmt: skip


def test_the_same_is_refused_until_it_was_struck_out(tree):
    made = give(tree.l1)
    with pytest.raises(honours.HonourTaken):
        give(tree.l1)
    give(tree.l1, level="本单位")
    strike(tree.l1, made)
    give(tree.l1)


@pytest.mark.parametrize(
    "wrong", [{"level": "宇宙级"}, {"given_on": dt.date(2026, 11, 23)}],
    ids=["no such level", "a day to come"],
)  # fmt: skip
def test_what_cannot_be_is_refused(tree, wrong):
    with pytest.raises(honours.HonourWrong):
        give(tree.l1, **wrong)
    assert not Honour.objects.exists()


def test_a_day_before_the_organisation_was_founded_is_refused(tree):
    tree.l1.founded_on = dt.date(2026, 7, 1)
    tree.l1.save()
    with pytest.raises(honours.HonourWrong, match="成立日期"):
        give(tree.l1)


def test_striking_out_takes_a_reason_and_the_own_organisation(tree):
    made = give(tree.l1)
    with pytest.raises(honours.HonourWrong):
        strike(tree.l1, made, reason="错")
    with pytest.raises(honours.HonourNotFound):
        strike(tree.l2, made)
    strike(tree.l1, made)
    with pytest.raises(honours.HonourNotFound):
        strike(tree.l1, made)


def test_is_invisible_to_another_unit(tree, beta):
    give(tree.l1)
    with unit_context(beta.id):
        assert not Honour.objects.exists()


class TestDoors:
    def test_page_and_api_do_the_same(self, tree, alpha):
        ada = cast.officer(FacingClient(), alpha)
        page, api = f"/organizations/{tree.l1.pk}/honours/", f"/api/v1/organizations/{tree.l1.pk}"
        assert ada.post(page, GIVEN).status_code == 302
        assert ada.post(page, {**GIVEN, "level": ""}).status_code == 422
        assert "市委〔2026〕8 号" in ada.get(page).content.decode()
        (listed,) = ada.get(f"{api}/honours/").json()
        sent = {"content_type": "application/json"}
        again = ada.post(f"{api}/honours/", json.dumps(GIVEN), **sent)
        assert (again.status_code, again.json()["code"]) == (409, "honour_taken")
        gone = ada.post(f"{api}/honours/{listed['id']}/strike/", '{"reason": "登记错了"}', **sent)
        assert gone.status_code == 204
        assert ada.get(f"{api}/honours/").json() == []

    def test_of_another_sub_tree_are_not_there(self, tree, alpha):
        eve = cast.officer(FacingClient(), alpha, role="secretary", scope=tree.right.path)
        for address in (f"/organizations/{tree.l1.pk}/honours/",
                        f"/api/v1/organizations/{tree.l1.pk}/honours/"):  # fmt: skip
            assert eve.get(address).status_code == 404
            assert eve.post(address, GIVEN).status_code == 404

    def test_the_treasurer_reads_and_does_not_write(self, tree, alpha):
        eve = cast.officer(FacingClient(), alpha, role="treasurer")
        page = f"/organizations/{tree.l1.pk}/honours/"
        assert 'name="given_on"' not in eve.get(page).content.decode()
        assert eve.post(page, GIVEN).status_code == 403

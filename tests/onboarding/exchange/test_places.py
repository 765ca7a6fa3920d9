"""Exchange files of a part of the tree, and from a unit that only may be read."""

from __future__ import annotations

import csv
import io
from uuid import uuid4

import pytest

from kernel.clock import now
from kernel.errors import Forbidden
from kernel.unit import unit_context
from onboarding.exchange import manifest
from onboarding.services import set_exporting
from onboarding.services.set_exporting import Order
from tenant_apps.members.models import Export, Update
from tenant_apps.members.services import set_orders
from tenant_apps.organizations.selectors import OrganizationNotFound
from tenant_apps.organizations.services import moving
from tenants.models import UnitState
from tests import cast
from tests.conftest import FacingClient
from tests.factories.organizations import admin, decided, small_tree
from tests.factories.organizations import somebody as member_of_office
from tests.onboarding.browsing import text_of
from tests.onboarding.exchange.sheets import somebody
from tests.tenants.life import put, written


def names_in(export: Export, actor) -> set[str]:
    content = set_orders.content_of(export=export, actor=actor, now=now())
    text = manifest.open_bundle(content).content.decode("utf-8-sig")
    return {row["姓名"] for row in csv.DictReader(io.StringIO(text))}


@pytest.fixture
def people(alpha, tree):
    return [somebody(tree.l1, "曾国强"), somebody(tree.l2, "林晓"), somebody(tree.r1, "乌兰")]


def test_only_the_sub_tree_goes_out(tree, people, ada):
    order = Order("member_2017", "csv", org_id=tree.left.pk)
    export = set_exporting.request(order=order, actor=ada, now=now())
    assert names_in(export, ada) == {"曾国强", "林晓"}
    assert export.order["org_name"] == "中共left"


def test_a_place_outside_the_reach_is_not_found(tree, people):
    order = Order("member_2017", "csv", org_id=tree.right.pk)
    with pytest.raises(OrganizationNotFound):
        set_exporting.request(order=order, actor=admin(tree.left.path), now=now())
    assert not Export.objects.exists()


def test_a_place_that_left_the_reach_before_the_file_was_written_gives_nothing(tree, people):
    """Between order and second word the tree may change: the reach of who asked holds."""
    boss, other = admin(tree.left.path), admin()
    order = Order("member_2017", "csv", org_id=tree.l1.pk, is_full=True, reason="报送上级")
    export = set_exporting.request(order=order, actor=boss, now=now())
    moving.move(organization=tree.l1, parent=tree.right, decision=decided(), actor=other, now=now())
    set_exporting.decide(export=export, approve=True, note="", actor=other, now=now())
    set_exporting.write(export_id=export.pk)
    export.refresh_from_db()
    assert names_in(export, boss) == set()


def test_full_numbers_need_the_right_to_them(tree, people):
    with pytest.raises(Forbidden):
        set_orders.order(
            wanted={"set": "member_2017"}, file_name="x", total=1, reason="报送上级", is_full=True,
            roles=("secretary",), actor=member_of_office(("secretary", "")), now=now(),
        )  # fmt: skip
    assert not Export.objects.exists()


def test_the_box_names_the_parts_and_the_order_says_which(alpha, tree, people):
    desk = cast.officer(FacingClient(), alpha)
    page = text_of(desk.get(f"/exchange/exports/new/?org={tree.l1.pk}"))
    assert "中共left" in page
    assert "中共l1" in page, "the one that the address names"
    assert "中共l2" not in page, "a branch has nothing below it"
    data = {"set_name": "member_2017", "form": "csv", "org": str(tree.left.pk)}
    answer = desk.post("/exchange/exports/new/", data)
    assert "中共left" in text_of(desk.get(answer["Location"]))
    wrong = desk.post("/exchange/exports/new/", {**data, "org": str(uuid4())})
    assert wrong.status_code == 422
    assert "不在您的管理范围内" in wrong.content.decode()


def test_a_unit_that_may_only_be_read_still_takes_its_data_away(django_db_setup, django_db_blocker):
    """The end of a contract: what is the client's can be taken along; nothing comes in any more."""
    with written("alpha", django_db_blocker) as unit:
        with unit_context(unit.pk):
            somebody(small_tree().l1)
            desk = cast.officer(FacingClient(), unit)
        put(unit, UnitState.READ_ONLY)
        answer = desk.post("/exchange/exports/new/", {"set_name": "member_2017", "form": "csv"})
        assert answer.status_code == 302
        assert desk.get(f"{answer['Location']}file/").content.startswith(b"PK")
        assert desk.post("/exchange/imports/new/", {"what": "member_2017"}).status_code == 409
        with unit_context(unit.pk):
            assert Export.objects.get().state == Export.State.DONE
            assert not Update.objects.exists()

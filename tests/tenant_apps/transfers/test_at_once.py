"""Two people at once, over real connections and real commits: one letter, one decision."""

from __future__ import annotations

import threading
from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import connection, connections

from kernel.unit import shared_context, unit_context
from shared_apps.exchange.models import Parcel
from shared_apps.exchange.services import post
from tenant_apps.members.models import Member
from tenant_apps.transfers.models import Handover, State
from tenant_apps.transfers.services import approving, drafting, publishing, receiving
from tenant_apps.transfers.services.answering import DecidedThere
from tenant_apps.transfers.services.stepping import NotNow
from tenants.models import Unit
from tenants.services import grants
from tests.factories.members import make_member
from tests.factories.organizations import NOW
from tests.tenant_apps.transfers.conftest import again, begun, carry, grow, incoming, online, sent
from tests.tenant_apps.transfers.test_letters import OUTSIDE

SHARED = "exchange_parcel, exchange_address, usage_outbox, people_affiliation"


@pytest.fixture
def both(really_written, django_db_setup, django_db_blocker):
    """Alpha and beta with commits that last; the owner takes away afterwards what was written."""
    with django_db_blocker.unblock():
        connection.set_schema_to_public()
        units = list(Unit.objects.filter(label__in=("alpha", "beta")).order_by("label"))
        sides = []
        try:
            for unit in units:
                with unit_context(unit.id):
                    side = grow()
                    publishing.publish(is_open=True, actor=side.chief, now=NOW)
                side.unit = unit
                sides.append(side)
            yield sides
        finally:
            own = [
                f'{unit.schema_name}."{model._meta.db_table}"'
                for unit in units
                for model in grants.unit_models()
            ]
            with connections["owner"].cursor() as cursor:
                cursor.execute(f"TRUNCATE {SHARED}, {', '.join(own)} CASCADE")
            connection.close()


def at_once(*acts: tuple[UUID, Callable[[], object]]) -> list[object]:
    """Each act in its unit, all starting together, each with a connection of its own."""
    gate = threading.Barrier(len(acts))
    results: list[object] = [None] * len(acts)

    def run(number: int, unit_id: UUID, act: Callable[[], object]) -> None:
        try:
            with unit_context(unit_id):
                gate.wait()
                results[number] = act()
        except Exception as error:  # noqa: BLE001 - handed to the test
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n, *act)) for n, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_two_who_approve_at_once_give_one_letter(both):
    here, _ = both
    with unit_context(here.unit.id):
        handover = begun(here, make_member(here.one), OUTSIDE)

    def approve(actor):
        return lambda: approving.approve(handover=again(handover), actor=actor, now=NOW)

    here_id = here.unit.id
    results = at_once((here_id, approve(here.chief)), (here_id, approve(here.deputy)))
    assert sorted(type(one).__name__ for one in results) == ["Handover", "NotNow"]
    with unit_context(here_id):
        assert again(handover).letter_number == 1


def test_letters_given_at_once_have_no_gap_and_no_number_twice(both):
    here, _ = both
    with unit_context(here.unit.id):
        waiting = [begun(here, make_member(here.one), OUTSIDE) for _ in range(4)]
    acts = [
        (
            here.unit.id,
            lambda one=one: approving.approve(handover=one, actor=here.chief, now=NOW),
        )
        for one in waiting
    ]
    assert all(isinstance(one, Handover) for one in at_once(*acts))
    with unit_context(here.unit.id):
        given = Handover.objects.order_by("letter_number").values_list("letter_number", flat=True)
        assert list(given) == [1, 2, 3, 4]


@pytest.mark.parametrize("_round", range(3))
def test_one_unit_withdraws_while_the_other_accepts(both, _round):
    here, there = both
    with unit_context(here.unit.id):
        handover = sent(here, make_member(here.one), online(there))
    carry()

    def withdraw():
        return drafting.withdraw(
            handover=again(handover), reason="本人不去了", actor=here.chief, now=NOW
        )

    def accept():
        return receiving.accept(handover=incoming(), branch=there.one, actor=there.chief, now=NOW)

    withdrawn, accepted = at_once((here.unit.id, withdraw), (there.unit.id, accept))
    refused = [one for one in (withdrawn, accepted) if isinstance(one, DecidedThere | NotNow)]
    assert len(refused) == 1
    carry()
    end = State.RECEIVER_ACCEPTED if isinstance(accepted, Handover) else State.WITHDRAWN
    with unit_context(here.unit.id):
        assert again(handover).state == end
        assert Member.objects.get().is_active
    with unit_context(there.unit.id):
        assert incoming().state == end
        assert not Member.objects.exists()


def test_sweeps_at_once_hand_over_once(both, monkeypatch):
    """The job that goes out with the letter is lost; the sweeps of three workers find it."""
    monkeypatch.setattr(type(post.deliver), "after_commit", lambda *args, **kwargs: None)
    here, there = both
    with unit_context(here.unit.id):
        sent(here, make_member(here.one), online(there))
    with shared_context():
        assert Parcel.objects.count() == 1
    results = at_once(*[(here.unit.id, carry) for _ in range(3)])
    assert results == [None, None, None]
    carry()
    with unit_context(there.unit.id):
        assert Handover.objects.count() == 1

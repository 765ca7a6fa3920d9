"""Two people change the same organisation at the same moment, over real commits: one wins, the
other is told, and nothing is half done.
"""

import threading

import pytest
from django.db import connection, connections

from kernel.errors import DomainError
from kernel.unit import unit_context
from tenant_apps.members.models import Member
from tenant_apps.organizations.models import Organization, Turn
from tenant_apps.organizations.services import merging, moving
from tenants.models import Unit
from tenants.services import grants
from tests.factories.members import make_member
from tests.factories.organizations import NOW, admin, decided, small_tree


@pytest.fixture
def unit(really_written, django_db_setup, django_db_blocker):
    """Alpha with commits that last; the owner takes away afterwards what was written."""
    with django_db_blocker.unblock():
        connection.set_schema_to_public()
        alpha = Unit.objects.get(label="alpha")
        try:
            yield alpha
        finally:
            own = [
                f'{alpha.schema_name}."{model._meta.db_table}"' for model in grants.unit_models()
            ]
            with connections["owner"].cursor() as cursor:
                cursor.execute(f"TRUNCATE usage_outbox, people_affiliation, {', '.join(own)}")
            connection.close()


def at_once(unit, *acts):
    """Each with a connection of its own; all start together."""
    gate = threading.Barrier(len(acts))
    results = [None] * len(acts)

    def run(number, act):
        try:
            with unit_context(unit.id):
                gate.wait()
                results[number] = act()
        except Exception as error:  # noqa: BLE001 - handed to the test
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=one) for one in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_one_wins_and_the_other_is_told(unit):
    with unit_context(unit.id):
        tree, one, two = small_tree(), admin(), admin()
        member = make_member(tree.l1)

    def merge(target, actor):
        return lambda: merging.merge(
            source=tree.l1, target=target, decision=decided(), actor=actor, now=NOW
        )

    def move(actor):
        return lambda: moving.move(
            organization=tree.l1, parent=tree.right, decision=decided(), actor=actor, now=NOW
        )

    merged = at_once(unit, merge(tree.l2, one), merge(tree.r1, two), move(two))
    lost = [each for each in merged if isinstance(each, Exception)]
    assert all(isinstance(each, DomainError) and each.message for each in lost), merged
    with unit_context(unit.id):
        member.refresh_from_db()
        l1 = Organization.objects.get(pk=tree.l1.pk)
        place = Organization.objects.get(pk=member.org_id)
        assert l1.ended_on is not None and place.pk in {tree.l2.pk, tree.r1.pk}
        assert member.org_path == place.path
        assert Turn.objects.filter(kind="MERGED").count() == 1
        assert Turn.objects.values("act").distinct().count() == 3 - len(lost)
        assert Member.objects.exclude(org__path=place.path).count() == 0

"""Two people decide the same case at the same moment, over real connections and real commits."""

from __future__ import annotations

from kernel.unit import unit_context
from tenant_apps.admissions.models import Case, StepState
from tenant_apps.admissions.services import acting, deciding
from tenant_apps.members.models import Member
from tests.tenant_apps.admissions.walking import DAYS, TIMES, answers, day, decided, opened, scene
from tests.tenant_apps.admissions.walking import walk as walked
from tests.tenant_apps.organizations.test_at_once import at_once, unit

__all__ = ["unit"]  # a fixture: commits that last, taken away afterwards


def test_two_people_deciding_at_once_one_decides_and_the_other_is_told(unit):
    with unit_context(unit.id):
        world = scene()
        case = walked(world, opened(world), "approval")
        acting.record(
            case=case, act="approval", on=day(DAYS["approval"]), given=answers(world, "approval"),
            actor=world.secretary, **TIMES,
        )  # fmt: skip

    def agree():
        return decided(world, case, day("2026-10-20"), actor=world.organiser)

    def refuse():
        return decided(world, case, day("2026-10-20"), "REFUSE", "不同意", world.other_admin)

    results = at_once(unit, agree, refuse)
    lost = [one for one in results if isinstance(one, Exception)]
    assert [type(one) for one in lost] == [deciding.NothingSubmitted], results
    with unit_context(unit.id):
        case = Case.objects.get(pk=case.pk)
        (step,) = case.steps.filter(act="approval")
        is_admitted = step.state == StepState.DONE
        assert step.state in (StepState.DONE, StepState.REFUSED)
        assert Member.objects.filter(joined_on=day("2026-09-20")).count() == int(is_admitted)
        assert (case.act == "filing") == is_admitted

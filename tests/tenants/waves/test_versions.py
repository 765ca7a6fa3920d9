"""Code serves the schemas of its own release and of the one before; an older unit waits."""

import pytest
from django.conf import settings
from django.test import Client

from kernel.clock import now
from kernel.unit import Purpose, UnitNotServing, shared_context, unit_context
from kernel.web.unit_state import UPGRADING
from tenants import versions
from tenants.models import TemplateStep, Unit, UnitState
from tenants.services import template
from tests.tenants.waves.conftest import ask

COLUMN = 'migrations.AddField("event", "probe{0}", models.IntegerField(null=True)),'


@pytest.fixture
def release(releases):
    """Captures one more release; returns its step."""
    made = iter(range(9))

    def release():
        step = releases.add(COLUMN.format(next(made)))
        template.capture(now=now())
        versions.too_old.cache_clear()
        return step

    return release


@pytest.fixture
def newest(releases):
    """The step at which the units are, before the test's own releases."""
    return TemplateStep.objects.order_by("-position").first().migration


def visit(unit, path="/sign-in/"):
    return Client().get(path, headers={"host": f"{unit.label}.{settings.BASE_DOMAIN}"})


class TestWhatIsTooOld:
    def test_nothing_is_in_the_first_release_and_the_second(self, newest, release):
        assert versions.too_old() == frozenset()
        release()
        assert versions.too_old() == frozenset()

    def test_all_before_the_last_two_is(self, newest, release):
        first, second = release(), release()
        assert newest in versions.too_old()
        assert not {first, second} & versions.too_old()
        release()
        assert {newest, first} <= versions.too_old()
        assert second not in versions.too_old()

    def test_code_does_not_count_releases_that_it_does_not_know(self, newest, release, releases):
        release()
        later = release()
        releases.remove(later)
        assert versions.too_old() == frozenset(), "the code of before still serves all it served"


class TestAUnitThatIsTooOld:
    @pytest.fixture
    def behind(self, units, newest, release):
        """The unit was left out of two waves; another was reached by the first of them."""
        first = release()
        release()
        Unit.objects.using("owner").filter(pk=units[1].pk).update(schema_version=first)
        with shared_context():
            return Unit.objects.get(pk=units[0].pk)

    def test_says_that_it_is_being_upgraded_and_when_to_ask_again(self, behind, units):
        answer = visit(behind)
        assert (answer.status_code, answer["Retry-After"]) == (503, str(UPGRADING))
        assert "正在升级" in answer.content.decode()
        assert answer["Cache-Control"] == "no-store"
        assert visit(units[1]).status_code == 200, "one release behind is served"

    def test_tells_programs_in_a_problem_document(self, behind):
        answer = visit(behind, "/api/v1/members/")
        assert (answer.status_code, answer.json()["code"]) == (503, "unit_outdated")

    @pytest.mark.parametrize("purpose", [Purpose.WORK, Purpose.KEPT_OPEN, Purpose.SETTLING])
    def test_is_entered_for_no_work(self, behind, purpose):
        with pytest.raises(UnitNotServing) as refused, unit_context(behind.pk, for_=purpose):
            pass
        assert "待升级" in refused.value.message

    def test_may_be_looked_at(self, behind):
        with unit_context(behind.pk, for_=Purpose.READING):
            assert ask("SELECT 1")

    def test_says_so_only_when_it_would_serve(self, behind):
        Unit.objects.using("owner").filter(pk=behind.pk).update(state=UnitState.SUSPENDED)
        try:
            assert "暂停" in visit(behind).content.decode()
        finally:
            Unit.objects.using("owner").filter(pk=behind.pk).update(state=UnitState.TRIAL)

    def test_serves_again_when_it_was_brought_up(self, behind):
        newest = TemplateStep.objects.order_by("-position").first().migration
        Unit.objects.using("owner").filter(pk=behind.pk).update(schema_version=newest)
        assert visit(behind).status_code == 200

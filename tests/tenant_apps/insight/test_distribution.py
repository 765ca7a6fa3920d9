"""The charts: every figure equals the list that it opens (rulebook 11, A2)."""

import pytest
from django.http import QueryDict

from kernel.clock import today
from tenant_apps.insight.selectors.distribution import distribution
from tenant_apps.members.forms import ListForm
from tenant_apps.organizations.selectors import OrganizationNotFound
from tests import cast
from tests.conftest import FacingClient
from tests.factories.organizations import admin, somebody


def listed(actor, org, query: str) -> int:
    """How many the list shows under this address, switch for sub-organisations untouched."""
    state = ListForm(QueryDict(query), actor=actor)
    return state.listing(org_path=org.path).rows(actor, today=today()).count()


@pytest.mark.parametrize("place", ["root", "left", "r1"])
def test_every_figure_equals_the_list_that_it_opens(crowd, place):
    org, actor = getattr(crowd, place), admin()
    found = distribution(actor, org.pk, today=today())
    keys = [chart.key for chart in found.charts]
    assert keys == [
        "gender", "age", "education", "occupation", "ethnicity", "joined", "party_age"
    ]  # fmt: skip
    opened = 0
    for chart in found.charts:
        for bar in chart.bars:
            if bar.query:
                assert listed(actor, org, bar.query) == bar.count, (chart.key, bar.label)
                opened += 1
    assert opened > 30


@pytest.mark.parametrize("key", ["gender", "age", "education", "occupation", "ethnicity", "joined"])
def test_a_chart_shows_everybody_once(crowd, key):
    found = distribution(admin(), None, today=today())
    chart = next(one for one in found.charts if one.key == key)
    assert chart.total == found.total


@pytest.mark.parametrize(
    ("name", "query"),
    [("women", "gender=F"), ("minority", "ethnicity=minority"), ("college", "education=college"),
     ("young", "age=-35"), ("full", "category=FULL"), ("probationary", "category=PROBATIONARY"),
     ("total", "")],
)  # fmt: skip
def test_the_headline_figures_equal_the_list(crowd, name, query):
    actor = admin()
    found = distribution(actor, crowd.left.pk, today=today())
    assert getattr(found, name) == listed(actor, crowd.left, query)


def test_the_parts_add_up_to_the_whole(crowd):
    found = distribution(admin(), None, today=today())
    assert [part.name for part in found.parts] == ["left", "right", "alone"]
    for name in ("total", "women", "minority", "young", "college", "probationary"):
        assert sum(getattr(part.share, name) for part in found.parts) == getattr(found, name)


def test_is_that_of_the_own_sub_tree(crowd):
    secretary = somebody(("secretary", crowd.left.path))
    assert distribution(secretary, None, today=today()).name == "left"
    with pytest.raises(OrganizationNotFound):
        distribution(secretary, crowd.right.pk, today=today())


def test_the_page_links_each_figure_to_the_list(crowd, alpha):
    client = cast.officer(FacingClient(), alpha)
    page = client.get("/statistics/distribution/").content.decode()
    assert f"/members/?org={crowd.root.pk}&amp;age=31-35" in page
    assert client.get(f"/members/?org={crowd.root.pk}&age=31-35").status_code == 200
    api = client.get("/api/v1/statistics/distribution/").json()
    assert api["total"] == 400 - _left(page, api)


def _left(page: str, api) -> int:
    """Members of the crowd who are no longer there."""
    assert f"{api['total']:,}" in page
    return 400 - api["total"]

"""A unit too large to count to the end: the same lists, read along indexes."""

import datetime as dt

import pytest

from tenant_apps.members.models import Member
from tenant_apps.members.selectors import SORTS, Filters, Listing, counting, leafing
from tenant_apps.members.selectors import listing as listings
from tenant_apps.members.views import lists as pages
from tests import cast
from tests.conftest import FacingClient
from tests.factories.members import new_member, store
from tests.factories.organizations import TODAY, admin


@pytest.fixture
def large(tree, monkeypatch):
    for module in (counting, listings):
        monkeypatch.setattr(module, "is_large", lambda: True)
    monkeypatch.setattr(listings, "MOST_COUNTED", 5)
    days = [None, dt.date(2001, 1, 1), dt.date(2003, 1, 1), None, dt.date(2002, 1, 1)]
    store(*(
        new_member(org, name, joined_on=day, full_on=None, birth_on=None if day is None else
                   dt.date(1970 + place, 1, 1), category="PROBATIONARY" if place == 2 else "FULL")
        for org in (tree.l1, tree.r1)
        for place, (name, day) in enumerate(zip("甲乙丙丁戊", days, strict=True))
    ))  # fmt: skip
    return tree


def read(listing, start=0, stop=20):
    actor = admin()
    tab = next(tab for tab in listing.tabs(actor, today=TODAY) if tab.key == listing.tab)
    return tab, listing.slice(actor, today=TODAY, start=start, stop=stop, tab=tab)


@pytest.mark.parametrize("sort", list(SORTS))
def test_every_order_is_the_one_of_small_units(large, sort):
    wanted = list(Listing(sort=sort).rows(admin(), today=TODAY))
    tab, rows = read(Listing(sort=sort))
    assert (tab.count, tab.is_more) == (5, True)
    assert [row.pk for row in rows] == [row.pk for row in wanted]
    _, part = read(Listing(sort=sort), 3, 8)
    assert [row.pk for row in part] == [row.pk for row in wanted[3:8]]
    _, last = read(Listing(sort=sort), 8, 12)
    assert [row.pk for row in last] == [row.pk for row in wanted[8:12]]


@pytest.mark.parametrize("sort", list(SORTS))
def test_few_are_found_and_then_sorted(large, sort):
    listing = Listing(sort=sort, filters=Filters(category="PROBATIONARY"))
    tab, rows = read(listing)
    assert (tab.count, tab.is_more) == (2, False)
    assert [row.pk for row in rows] == [row.pk for row in listing.rows(admin(), today=TODAY)]


def same_pages(listing):
    wanted = [row.pk for row in listing.rows(admin(), today=TODAY)]
    for start, stop in ((0, 3), (3, 6), (4, 20)):
        tab, rows = read(listing, start, stop)
        assert tab.is_more and [row.pk for row in rows] == wanted[start:stop], listing


def test_a_stretch_of_the_index_that_does_not_fill_the_page_is_given_up(large, monkeypatch):
    monkeypatch.setattr(leafing, "LEAST_STRETCH", 0)
    monkeypatch.setattr(leafing, "_AWRY", 0)
    for sort in SORTS:
        same_pages(Listing(sort=sort))


def test_a_late_page_of_a_list_with_an_index_is_sorted(large, monkeypatch):
    monkeypatch.setattr(leafing, "MOST_STEPS", 0)
    monkeypatch.setattr(leafing, "_reads_all", lambda plan: False)
    monkeypatch.setattr(leafing, "_along_index", None)
    for sort in SORTS:
        same_pages(Listing(sort=sort))


def test_an_index_is_read_from_where_the_list_begins(large, monkeypatch):
    monkeypatch.setattr(listings, "MOST_COUNTED", 2)
    joined = Filters(joined_from=dt.date(2001, 1, 1), joined_to=dt.date(2002, 6, 1))
    for way in ("", "-"):
        same_pages(Listing(sort=f"{way}joined", filters=joined))
        same_pages(Listing(sort=f"{way}age", filters=Filters(age=f"{TODAY.year - 1972}-")))
        same_pages(Listing(sort=f"{way}org", org_path=large.left.path))
        same_pages(Listing(sort=f"{way}name", filters=Filters(category="FULL")))


@pytest.mark.parametrize("way", ["", "-"])
def test_an_order_by_one_day_begins_where_the_other_day_lets_the_first_through(
    large, monkeypatch, way
):
    """Who joined when nobody knows passes a filter by Party age, and is not left out."""
    monkeypatch.setattr(listings, "MOST_COUNTED", 2)
    full = {"full_on": dt.date(2003, 1, 1)}
    store(*(new_member(large.l1, name, joined_on=None, birth_on=dt.date(year, 6, 1), **full)
            for name, year in (("己", 1971), ("庚", 1960))))  # fmt: skip
    Member.objects.filter(joined_on__isnull=False).update(**full)
    firsts = []
    narrowed = leafing._from_first
    monkeypatch.setattr(
        leafing, "_from_first", lambda *given: firsts.append(narrowed(*given)) or firsts[-1]
    )
    older = Filters(age=f"{TODAY.year - 1972}-")
    same_pages(Listing(sort=f"{way}joined", filters=older))
    same_pages(Listing(sort=f"{way}age", filters=Filters(party_age="20-")))
    joined = Filters(joined_from=dt.date(2001, 1, 1), joined_to=dt.date(2002, 6, 1))
    same_pages(Listing(sort=f"{way}age", filters=joined))
    assert len(firsts) == 9
    monkeypatch.setattr(leafing, "_MOST_UNKNOWN", 0)
    same_pages(Listing(sort=f"{way}age", filters=Filters(party_age="20-")))


def test_a_long_list_is_leafed_through_only_so_far(monkeypatch):
    monkeypatch.setattr(pages, "MOST_LEAFED", 40)
    long, short = pages._Leafed(range(90), 20), pages._Leafed(range(90), 20)
    long.is_more = True
    assert (long.num_pages, long.last_shown, long.get_page(5).number) == (2, 40, 2)
    assert (long.page(2).end_index(), long.count) == (40, 90)
    assert (short.num_pages, short.last_shown, short.page(5).end_index()) == (5, 90, 90)


def test_only_the_list_itself_is_counted(large):
    tabs = Listing(tab="probationary").tabs(admin(), today=TODAY)
    assert {tab.key: tab.count for tab in tabs if tab.count is not None} == {"probationary": 2}


def test_the_page_says_what_was_not_counted(large, alpha):
    page = cast.officer(FacingClient(), alpha).get("/members/").content.decode()
    assert '全部 <span class="tab-count">5+</span>' in page
    assert "只统计当前视图的人数" in page and '正式党员 <span class="tab-count">' not in page


def test_a_unit_is_large_beyond_a_number(tree, monkeypatch):
    monkeypatch.setattr(counting, "EXACT_UP_TO", 1)
    store(new_member(tree.l1))
    assert not counting.is_large()
    store(new_member(tree.l1))
    assert counting.is_large() == (Member.objects.count() > 1)

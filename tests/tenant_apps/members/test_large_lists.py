"""A unit too large to count to the end: the same lists, read along indexes."""

import datetime as dt

import pytest

from tenant_apps.members.models import Member
from tenant_apps.members.selectors import SORTS, Filters, Listing, counting
from tenant_apps.members.selectors import listing as listings
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

"""What a roster says in words of posts: read where it can only mean one thing, else left."""

from __future__ import annotations

import pytest

from tenant_apps.elections.selectors.reading import Place, names_in, read

OWN = "000100020003"
PLACES = [
    Place("0001", "COMMITTEE", ("中共河西水务集团委员会", "河西水务集团党委")),
    Place("00010002", "GENERAL_BRANCH", ("中共制水总支部委员会", "制水总支")),
    Place(OWN, "BRANCH", ("中共一水厂支部委员会", "一水厂支部")),
    Place("000100020004", "BRANCH", ("中共二水厂支部委员会", "二水厂支部")),
    Place("000100050001", "BRANCH", ("机修支部", "机修支部")),
    Place("000100060001", "BRANCH", ("机修支部", "机修支部")),
]


def said(text):
    return [(one.text, one.code, one.path) for one in read(text, own=OWN, places=PLACES)]


@pytest.mark.parametrize(
    ("text", "code", "path"),
    [
        ("书记", "01", OWN),
        ("支部书记", "01", OWN),
        ("党支部副书记", "02", OWN),
        ("组织委员", "11", OWN),
        ("支委", "", ""),
        ("支部委员", "19", OWN),
        ("党总支书记", "01", "00010002"),
        ("党委委员", "19", "0001"),
        ("二水厂支部书记", "01", "000100020004"),
        ("中共二水厂支部委员会书记", "01", "000100020004"),
        ("组织员", "41", OWN),
    ],
)
def test_a_post_in_one_place(text, code, path):
    assert said(text) == [(text, code, path)]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("工会主席", "不是党内职务"),
        ("团支部书记", "不是本单位党组织"),
        ("纪委书记", "不是本单位党组织"),
        ("机修支部书记", "有 2 个党组织可能是它"),
        ("三水厂支部书记", "不能确定是哪个党组织"),
        ("机关党委书记", "不能确定是哪个党组织"),
        ("党小组长", "请在「党小组」中指定组长"),
    ],
)
def test_what_cannot_be_told_is_left_with_the_reason(text, why):
    (found,) = read(text, own=OWN, places=PLACES)
    assert not found.is_read
    assert why in found.reason


def test_a_member_with_a_title_of_its_own():
    (found,) = read("保密委员", own=OWN, places=PLACES)
    assert (found.code, found.title, found.path) == ("19", "保密委员", OWN)


def test_parts_are_told_apart():
    assert [text for text, _, _ in said("支部书记、党委委员；工会主席 组织员")] == [
        "支部书记", "党委委员", "工会主席", "组织员",
    ]  # fmt: skip


def test_names_are_looked_up_and_ranks_are_not():
    assert names_in("支部书记、二水厂支部书记、工会主席") == {"二水厂支部"}

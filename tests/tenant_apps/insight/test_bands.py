"""The bands of rulebook 7.3 and the rules of 7.4: every edge, no gap, no overlap."""

import datetime as dt

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from shared_apps.rules.selectors import codes
from tenant_apps.insight.selectors.bands import (
    AGE,
    COLLEGE,
    EDUCATION,
    JOINED,
    PARTY_AGE,
    UNKNOWN,
)
from tenant_apps.organizations.models import Kind, mark_of

SCALES = {"age": AGE, "joined": JOINED, "party_age": PARTY_AGE}


@pytest.mark.parametrize(
    ("age", "label"),
    [
        (18, "30 岁及以下"), (30, "30 岁及以下"), (31, "31—35 岁"), (35, "31—35 岁"),
        (36, "36—40 岁"), (40, "36—40 岁"), (41, "41—45 岁"), (45, "41—45 岁"),
        (46, "46—50 岁"), (50, "46—50 岁"), (51, "51—55 岁"), (55, "51—55 岁"),
        (56, "56—60 岁"), (60, "56—60 岁"), (61, "61 岁及以上"), (104, "61 岁及以上"),
    ],
)  # fmt: skip
def test_ages_fall_into_the_bands_of_7_3(age, label):
    assert AGE.labels[AGE.band_of(age)] == label


@pytest.mark.parametrize(
    ("day", "band"),
    [
        ("1921-07-23", 0), ("1949-09-30", 0), ("1949-10-01", 1), ("1978-12-31", 1),
        ("1979-01-01", 2), ("2012-10-31", 2), ("2012-11-01", 3), ("2026-07-01", 3),
    ],
)  # fmt: skip
def test_joining_falls_into_the_bands_of_7_3(day, band):
    assert JOINED.band_of(dt.date.fromisoformat(day)) == band


def test_the_bands_of_2014_are_sums_of_ours():
    """≤ 35, 36—45, 46—60, ≥ 61 (rulebook 7.3): no band of ours crosses their edges."""
    assert {36, 46, 61} <= set(AGE.thresholds)


def test_occupations_are_the_eight_of_7_3():
    named = [entry.label for entry in codes.table("occupation").entries]
    assert named == [
        "工人（工勤技能人员）", "农牧渔民", "企事业单位、社会组织专业技术人员",
        "企事业单位、社会组织管理人员", "党政机关工作人员", "学生", "其他职业人员", "离退休人员",
    ]  # fmt: skip


def test_educations_are_the_big_classes_of_4658():
    """Every code of the table falls into the class of its tens (rulebook 7.3, 7.4)."""
    tens = {int(entry.code) // 10 * 10 for entry in codes.table("education").entries}
    assert tens == set(EDUCATION)


def test_organisations_are_committees_general_branches_and_branches():
    """基层党委, 总支部, 支部 (rulebook 7.3); a group is not one of its own (1.1)."""
    marks = {kind: mark_of(kind) for kind in Kind}
    assert {marks[kind] for kind in Kind if kind != Kind.GROUP} == {
        "committee", "general", "branch"
    }  # fmt: skip
    assert marks[Kind.GROUP] == "group"


@given(st.one_of(st.none(), st.integers(0, 130)))
def test_every_age_has_exactly_one_band(age):
    edges = [-1, *AGE.thresholds, 1000]
    inside = [
        place for place in range(len(AGE.labels))
        if age is not None and edges[place] <= age < edges[place + 1]
    ]  # fmt: skip
    assert ([AGE.band_of(age)] if age is not None else []) == inside


@given(st.sampled_from(sorted(SCALES)), st.integers(0, 120), st.integers(0, 120))
def test_bands_rise_with_the_value(name, one, other):
    scale = SCALES[name]
    lower, higher = sorted((one, other))
    values = (
        [dt.date(1900 + lower, 1, 1), dt.date(1900 + higher, 1, 1)]
        if scale is JOINED
        else [lower, higher]
    )
    assert scale.band_of(values[0]) <= scale.band_of(values[1])


@pytest.mark.parametrize("scale", SCALES.values(), ids=SCALES)
def test_a_scale_has_one_label_more_than_thresholds(scale):
    assert len(scale.labels) == len(scale.thresholds) + 1
    assert list(scale.thresholds) == sorted(set(scale.thresholds))


def test_college_and_above_is_graduated_only():
    """大专及以上: up to 33 and 毕业 (rulebook 7.4); 12, 22 and 32 completed without it."""
    named = {int(e.code) for e in codes.table("education").entries if e.extra.get("is_college")}
    assert set(COLLEGE) == named == {11, 14, 17, 21, 28, 31}


@pytest.mark.django_db
@pytest.mark.parametrize("name", SCALES)
def test_postgresql_sorts_as_python_does(name):
    scale = SCALES[name]
    if scale is JOINED:
        values = [dt.date(year, month, 1) for year in range(1920, 2030, 3) for month in (1, 10, 11)]
        values += [edge - dt.timedelta(days=1) for edge in scale.thresholds]
    else:
        values = list(range(120))
    values.append(None)
    with connection.cursor() as cursor:
        kind = "date" if scale is JOINED else "int"
        cursor.execute(
            f"SELECT {scale.sql('v')} FROM unnest(%s::{kind}[]) WITH ORDINALITY AS u(v, n)"
            " ORDER BY n",
            [values],
        )
        found = [row[0] for row in cursor.fetchall()]
    assert found == [scale.band_of(value) for value in values]
    assert found[-1] == UNKNOWN

"""Rules of single organisations: set, dated, shown on the line, ended, and who may."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from tenant_apps.audit import selectors as audit
from tenant_apps.treasury.models import OrgRule
from tenant_apps.treasury.services import rules, sweeping
from tenant_apps.treasury.services.rules import Terms
from tests import cast
from tests.conftest import FacingClient
from tests.tenant_apps.treasury.conftest import DAY, NOON, A, B, known
from tests.tenant_apps.treasury.test_sweeping import PERIOD, planned, ratio

BRANCH = "000100010001"


def given(people, path=BRANCH, *, terms=None, first=PERIOD["first"], last=None, below=False):
    return rules.set_org_rule(
        direction="UP", place=known(path), covers_below=below, terms=terms or Terms("RATIO", 2_500),
        first=first, last=last, actor=people.ada, now=NOON,
    )  # fmt: skip


def moved():
    parts = sweeping.preview(direction="UP", **PERIOD)
    return {part.giver.path: (part.amount_fen, part.rule) for part in parts}


@pytest.fixture
def level(people):
    ratio(people, "UP", 3, 10_000)
    return people


class TestRules:
    def test_the_own_rule_holds_and_the_line_says_so(self, level):
        rule = given(level)
        run = planned(level)
        lines = {line.giver_path: (line.amount_fen, line.rule) for line in run.lines.all()}
        name = known(BRANCH).short_name
        assert lines[BRANCH] == (A // 4, f"{name}单独规则")
        assert lines["000100010002"] == (B, "第 3 级规则")
        assert [one.code for one in audit.events_about(rule.pk)] == ["treasury.org_rule_set"]

    def test_ending_it_brings_the_level_s_back(self, level):
        rule = given(level)
        rules.end_org_rule(rule=rule, actor=level.ada, now=NOON)
        assert moved()[BRANCH] == (A, "第 3 级规则")
        with pytest.raises(rules.RuleEnded):
            rules.end_org_rule(rule=rule, actor=level.ada, now=NOON)
        assert [e.code for e in audit.events_about(rule.pk)].count("treasury.org_rule_ended") == 1

    def test_holds_from_its_first_to_its_last_day(self, level):
        given(level, last=DAY - dt.timedelta(days=1) if DAY.day > 1 else PERIOD["first"])
        expected = A if DAY.day > 1 else A // 4
        assert moved()[BRANCH][0] == expected
        given(level, first=DAY + dt.timedelta(days=1))
        assert moved()[BRANCH][0] == expected

    def test_the_later_one_holds_and_the_same_day_s_is_replaced(self, level):
        first = given(level, first=DAY - dt.timedelta(days=90))
        given(level, terms=Terms("QUOTA", quota_fen=700), first=DAY)
        assert moved()[BRANCH][0] == 700
        given(level, terms=Terms("RATIO", 0), first=DAY)
        assert BRANCH not in moved()
        assert OrgRule.objects.filter(ended_at=None).count() == 2
        with pytest.raises(IntegrityError), transaction.atomic():
            OrgRule.objects.filter(ended_at=None).exclude(pk=first.pk).update(
                first_on=first.first_on
            )

    def test_what_lies_below_is_covered_where_asked(self, level):
        given(level, "00010001", below=True, terms=Terms("RATIO", 1_000))
        assert moved()[BRANCH][0] == A // 10 + (A % 10 >= 5)

    @pytest.mark.parametrize(
        ("path", "terms", "last"),
        [
            ("0001", Terms("RATIO", 100), None),
            (BRANCH, Terms("RATIO", 10_001), None),
            (BRANCH, Terms("QUOTA"), None),
            (BRANCH, Terms("KEEP", keep_fen=-1), None),
            (BRANCH, Terms("RATIO", 100), PERIOD["first"] - dt.timedelta(days=1)),
        ],
    )
    def test_refuses_what_makes_no_sense(self, level, path, terms, last):
        with pytest.raises(rules.RuleInvalid):
            given(level, path, terms=terms, last=last)
        assert not OrgRule.objects.exists()


def test_over_http(level, alpha, beta):
    ann, ada = (
        cast.officer(FacingClient(), alpha, role=role, name=role)
        for role in ("treasurer", "unit_admin")
    )
    asked = {
        "org": BRANCH, "reach": "one", "direction": "UP", "way": "RATIO", "percent": "25",
        "first": DAY.isoformat(),
    }  # fmt: skip
    address = "/treasury/sweeps/org-rules/"
    assert ann.post(address, asked).status_code == 403
    assert ada.post(address, {**asked, "percent": "101"}).status_code == 422
    assert ada.post(address, {**asked, "org": "0009"}).status_code == 422
    assert ada.post(address, asked).status_code == 302
    assert "25%" in ann.get("/treasury/sweeps/").content.decode()
    branch = cast.officer(FacingClient(), alpha, role="unit_admin", scope="000100010002")
    (told,) = ann.get("/api/v1/treasury/sweeps/org-rules/").json()
    end = f"{address}{told['id']}/end/"
    assert branch.post(end).status_code == 404
    assert ann.post(end).status_code == 403
    assert cast.officer(FacingClient(), beta).post(end).status_code == 404
    assert ada.post(end).status_code == 302
    body = {
        "direction": "UP", "org": BRANCH, "way": "QUOTA", "quota_fen": 700,
        "first_on": DAY.isoformat(),
    }  # fmt: skip
    made = ada.post(f"/api/v1{address}new/", body, content_type="application/json")
    assert (made.status_code, made.json()["quota_fen"]) == (201, 700)
    assert ada.post(f"/api/v1{address}{made.json()['id']}/end/").status_code == 200

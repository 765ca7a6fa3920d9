"""The rules of admission as data: every vector printed in rulebook 2.3, and what holds always."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.clock import months_later
from shared_apps.rules import selectors
from shared_apps.rules.selectors import admission_packs, working_days
from shared_apps.rules.selectors.admission import Handling, read_admission_pack
from shared_apps.rules.selectors.working_days import Calendar, merged, read_calendar

FOLDER = Path(selectors.__file__).parents[1] / "packs"
DAYS = st.dates(dt.date(2025, 1, 1), dt.date(2026, 12, 31))


def content(name: str):
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


CALENDAR = merged(read_calendar(content(f"calendar-{year}")) for year in (2025, 2026))
PACKS = {year: read_admission_pack(content(f"admission-{year}")) for year in (2014, 2026)}


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def clock(act: str, key: str, *, year: int = 2026, **dates: str):
    pack = PACKS[year]
    running = pack.clocks(
        pack.acts[act], {name: day(text) for name, text in dates.items()}, calendar=CALENDAR
    )
    return next((one for one in running if one.key == key), None)


class TestVectorsOf23:
    def test_1_applied_on_the_last_of_january(self):
        due = clock("talk", "talk_due", application="2026-01-31")
        assert due.ends_on == day("2026-02-28")
        assert due.explanation == (
            "依据《中国共产党发展党员工作细则（2026 年修订）》第七条，"
            "收到入党申请书 2026-01-31 起算，1 个月，应于 2026-02-28 前完成。"
        )

    def test_2_a_year_as_an_activist(self):
        opens = clock("candidate", "candidate_open", activist="2025-03-15")
        assert opens.ends_on == day("2026-03-15")
        assert not opens.is_due

    def test_3_inspections_every_half_year(self):
        keeping = PACKS[2026].acts["cultivation"].keeps[0]
        dates = {"activist": day("2025-03-15")}
        assert keeping.due_days(dates, until=day("2026-03-15")) == [
            day("2025-09-15"),
            day("2026-03-15"),
        ]
        assert keeping.next_due(dates, kept=1) == day("2026-03-15")

    @pytest.mark.parametrize(
        ("begins", "ends"), [("2026-11-09", "2026-11-13"), ("2026-11-12", "2026-11-18")]
    )
    def test_4_and_5_a_notice_of_five_working_days(self, begins, ends):
        notice = clock("candidate_notice", "notice_days", candidate_notice=begins)
        assert (notice.ends_on, notice.is_provisional) == (day(ends), False)

    def test_6_the_meeting_after_the_preliminary_review(self):
        assert clock("meeting", "meeting_due", prereview="2026-08-31").ends_on == day("2026-09-30")

    def test_7_approval_and_its_hard_limit(self):
        due = clock("approval", "approval_due", meeting="2026-06-10")
        assert (due.ends_on, due.hard_on) == (day("2026-09-10"), day("2026-12-10"))
        assert "最迟 2026-12-10" in due.explanation

    def test_8_probation_runs_from_the_meeting(self):
        ends = clock("conversion_meeting", "probation_end", probation_start="2026-06-10")
        assert ends.ends_on == day("2027-06-10")

    @pytest.mark.parametrize(("months", "until"), [(6, "2027-12-10"), (12, "2028-06-10")])
    def test_9_and_10_an_extension_moves_the_end(self, months, until):
        assert months_later(day("2027-06-10"), months) == day(until)
        ends = clock(
            "conversion_meeting", "probation_end",
            probation_start="2026-06-10", probation_until=until,
        )  # fmt: skip
        assert ends.ends_on == day(until)
        assert "延长后的期限" in ends.explanation


class TestVersions:
    """Rulebook 2.2: what the revision of May 2026 changed."""

    def test_2014_files_a_candidate_and_2026_asks_and_gives_notice(self):
        assert PACKS[2014].acts["candidate_superior"].name == "上级党委备案"
        assert PACKS[2026].acts["candidate_superior"].name == "报上级党委同意"
        assert PACKS[2014].number_of("candidate_notice", "25") == 0
        assert PACKS[2026].number_of("candidate_notice", "25") == 8

    def test_2014_knows_no_term_for_the_meeting(self):
        assert clock("meeting", "meeting_due", year=2014, prereview="2026-03-31") is None

    def test_a_notice_under_2014_has_no_length_of_its_own(self):
        notice = clock("candidate_notice", "notice_days", year=2014, candidate_notice="2026-03-07")
        assert notice.ends_on == day("2026-03-07")

    def test_the_versions_meet_without_a_gap(self):
        assert PACKS[2014].effective_to + dt.timedelta(days=1) == PACKS[2026].effective_from
        assert PACKS[2026].effective_from == day("2026-05-11")

    @pytest.mark.parametrize("year", [2014, 2026])
    def test_two_layouts_number_the_same_acts(self, year):
        pack = PACKS[year]
        assert [len(pack.steps(layout)) for layout in ("25", "29")] == [25, 29]
        assert [s.number for s in pack.steps("29")] == list(range(1, 30))
        in_25 = {act.key for step in pack.steps("25") for act in step.acts}
        in_29 = {act.key for step in pack.steps("29") for act in step.acts}
        assert in_25 < in_29 == set(pack.acts)

    @pytest.mark.parametrize("year", [2014, 2026])
    @pytest.mark.parametrize("layout", ["25", "29"])
    def test_every_act_is_reached_in_order(self, year, layout):
        pack, order, met = PACKS[year], 0, []
        while (act := pack.after(order, layout)) is not None:
            met.append(act.key)
            order = act.order
        assert met == [act.key for step in pack.steps(layout) for act in step.acts]

    @pytest.mark.parametrize("year", [2014, 2026])
    def test_every_act_names_its_article_and_every_decision_its_ways(self, year):
        for act in PACKS[year].acts.values():
            assert act.article
            assert all(rule.article for rule in act.clocks)
            is_decision = act.handling is Handling.DECISION
            assert set(act.verdicts) == ({"AGREE", "RETURN", "REFUSE"} if is_decision else set())
            assert bool(act.on_refusal) == is_decision

    @pytest.mark.parametrize("year", [2014, 2026])
    def test_a_number_is_cited_only_where_it_was_checked(self, year):
        """Rulebook 13, item 2: what could not be read is cited without a number and listed."""
        known, bare, without = content(f"admission-{year}")["citations"], f"细则（{year}）", set()
        for act in PACKS[year].acts.values():
            cited = [(act.key, act.article), *((rule.key, rule.article) for rule in act.clocks)]
            cited += [(f"{act.key}:{one.kind}", one.article) for one in act.keeps]
            without |= {key for key, article in cited if article == bare}
            numbers = {
                one for _, article in cited if "第" in article for one in article.split("、")
            }
            assert numbers <= set(known["verified"])
        assert without == set(known["unverified"])

    def test_without_a_number_the_document_stands_for_itself(self):
        due = clock("talk", "talk_due", year=2014, application="2025-01-31")
        assert due.explanation.startswith("依据细则（2014），收到入党申请书 2025-01-31 起算")
        assert PACKS[2014].law("第十九条") == "《中国共产党发展党员工作细则》第十九条"

    def test_the_stored_version_of_a_day(self, db):
        admission_packs.forget()
        assert admission_packs.admission_pack(day("2026-05-10")).version == "2014"
        assert admission_packs.admission_pack(day("2026-05-11")).version == "2026"
        assert admission_packs.admission_pack_named("2014").document == (
            "《中国共产党发展党员工作细则》"
        )
        with pytest.raises(admission_packs.NoAdmissionRules):
            admission_packs.admission_pack(day("2014-05-27"))

    def test_a_layout_that_names_an_unknown_act_is_malformed(self):
        broken = content("admission-2026")
        broken["layouts"]["25"][0] = ["nothing"]
        with pytest.raises(KeyError):
            read_admission_pack(broken)


class TestWorkingDays:
    def test_a_holiday_lies_in_between_and_a_weekend_is_made_up(self):
        # National Day 2026: off 1 to 7 October, Saturday the 10th is worked
        assert CALENDAR.last_of(day("2026-09-30"), 5).day == day("2026-10-12")
        assert CALENDAR.is_working(day("2026-10-10"))
        assert not CALENDAR.is_working(day("2026-10-07"))

    def test_begun_on_a_weekend_the_count_begins_on_monday(self):
        assert CALENDAR.last_of(day("2026-11-14"), 5).day == day("2026-11-20")

    def test_a_year_without_a_calendar_makes_it_provisional(self):
        assert CALENDAR.last_of(day("2026-12-30"), 2) == (day("2026-12-31"), False)
        assert CALENDAR.last_of(day("2026-12-30"), 3) == (day("2027-01-01"), True)

    def test_the_clock_says_that_it_is_provisional(self):
        notice = clock("candidate_notice", "notice_days", candidate_notice="2026-12-30")
        assert notice.is_provisional
        assert "暂定" in notice.explanation

    def test_is_read_from_the_stored_calendars(self, db):
        working_days.forget()
        assert working_days.calendar() == CALENDAR
        assert working_days.add(day("2026-11-09"), 5) == (day("2026-11-16"), False)

    @given(DAYS, st.integers(0, 30), st.integers(0, 30))
    def test_adding_twice_is_adding_once(self, start, a, b):
        assert CALENDAR.add(CALENDAR.add(start, a).day, b).day == CALENDAR.add(start, a + b).day

    @given(DAYS, st.integers(1, 40))
    def test_the_end_is_worked_and_holds_exactly_so_many_days(self, start, count):
        ends = CALENDAR.last_of(start, count).day
        days = [start + dt.timedelta(n) for n in range((ends - start).days + 1)]
        assert CALENDAR.is_working(ends)
        assert sum(map(CALENDAR.is_working, days)) == count

    @given(st.dates(dt.date(2030, 1, 1), dt.date(2040, 1, 1)), st.integers(1, 40))
    def test_without_a_calendar_only_weekends_are_left_out(self, start, count):
        none = Calendar(frozenset(), frozenset(), frozenset())
        ends, is_provisional = none.last_of(start, count)
        assert is_provisional
        assert ends.weekday() < 5


@given(st.dates(dt.date(2014, 6, 1), dt.date(2090, 1, 1)), st.sampled_from([2014, 2026]))
def test_a_term_never_ends_before_it_begins(start, year):
    pack = PACKS[year]
    for act in pack.acts.values():
        dates = {rule.since: start for rule in act.clocks}
        for one in pack.clocks(act, dates, calendar=CALENDAR):
            assert one.ends_on >= one.starts_on == start
            assert one.hard_on is None or one.hard_on > one.ends_on
            assert str(one.ends_on) in one.explanation

"""All fifteen tables: their declarations, and their numbers against a loop over the people."""

import datetime as dt

import pytest

from tenant_apps.insight.selectors import checks, reports
from tenant_apps.insight.selectors.axes import Item, Origin, Table, is_, meet
from tenant_apps.insight.selectors.counting import NEEDS_BEFORE
from tenant_apps.insight.selectors.dims import DIMENSIONS
from tenant_apps.insight.selectors.sheets import fill
from tenant_apps.insight.selectors.tables import UnknownTable, all_tables, table
from tests.tenant_apps.insight import oracle
from tests.tenant_apps.insight.conftest import sheets_at

NAMES = (
    "两年党员数综合比较", "党员基本情况", "党员入党时间情况", "党员学历情况",
    "乡镇、建制村党员情况", "街道、社区党员情况", "学生党员情况", "民主评议党员情况",
    "党员培训情况", "党员出党情况（一）", "党员出党情况（二）", "党内表彰情况",
    "预备党员转正情况", "发展党员情况（一）", "发展党员情况（二）",
)  # fmt: skip


class TestDeclarations:
    def test_are_the_fifteen_of_7_2_in_their_order(self):
        assert [(one.number, one.title) for one in all_tables()] == list(enumerate(NAMES, 1))

    @pytest.mark.parametrize("one", all_tables(), ids=lambda one: f"table{one.number}")
    def test_speak_of_known_dimensions_only(self, one):
        for item in (*one.rows, *one.columns):
            assert {name for name, _ in (*one.where, *item.where)} <= set(DIMENSIONS)

    @pytest.mark.parametrize("one", all_tables(), ids=lambda one: f"table{one.number}")
    def test_add_up_to_items_that_are_there(self, one):
        for wanted in one.sums:
            items = one.rows if wanted.axis == "rows" else one.columns
            assert wanted.total in {item.key for item in items}
            assert [item for item in items if item.part == wanted.part]
            assert wanted.part in checks._PARTS

    @pytest.mark.parametrize("one", all_tables(), ids=lambda one: f"table{one.number}")
    def test_say_what_they_rest_on(self, one):
        assert one.basis.endswith("。")

    def test_there_is_no_sixteenth(self):
        with pytest.raises(UnknownTable):
            table(16)

    def test_two_items_of_one_key_are_refused(self):
        twice = (Item("all", "合计"), Item("all", "合计"))
        with pytest.raises(ValueError, match="same key"):
            Table(99, "无", rows=twice, columns=(Item("all", "合计"),))

    def test_conditions_on_one_dimension_meet(self):
        assert meet(is_("code", "A", "B"), is_("code", "B", "C")) == (("code", ("B",)),)
        assert meet(is_("code", "A"), is_("code", "B")) == (("code", ()),)


class TestNumbers:
    @pytest.mark.parametrize("place", ["root", "left", "l1"])
    def test_are_those_of_a_loop_over_the_people(self, crowd, snapshot, place):
        org = getattr(crowd, place)
        asked = all_tables()
        truth = oracle.tables_of(asked, path=org.path, year=2026, as_of=dt.date(2026, 12, 31))
        sheets = sheets_at(snapshot, org)
        skipped = {Origin.BEFORE, Origin.CAME_FROM_INSIDE, Origin.WENT_INSIDE}
        checked = 0
        for one in asked:
            for row, cells in sheets[one.number].lines():
                for column, cell in cells:
                    if row.is_computed or one.origin_of(row, column) in skipped:
                        continue
                    wanted = truth[one.number].get((row.key, column.key), 0)
                    wanted = wanted if row.arises_in(column.key) else None
                    assert cell.value == wanted, (one.number, row.key, column.key)
                    checked += bool(wanted)
        assert checked > (300 if place == "root" else 50)

    def test_are_all_there_but_where_no_question_arises(self, crowd, snapshot):
        empty = {
            (number, row.key, column.key)
            for number, sheet in sheets_at(snapshot).items()
            for row, cells in sheet.lines()
            for column, cell in cells
            if cell.value is None and sheet.table.origin_of(row, column) not in NEEDS_BEFORE
        }
        assert empty == {(12, "organizations", "women"), (12, "organizations", "minority")}

    def test_of_tables_5_and_6_are_of_places_that_say_so(self, crowd, snapshot):
        """l1 is a village, l2 a community, r1 nothing of the code table, alone like the client."""
        sheets = sheets_at(snapshot)
        places = (crowd.l1, crowd.l2, crowd.r1)
        within = {org: sheets_at(snapshot, org)[2].value("all", "all") for org in places}
        for number, org, row in ((5, crowd.l1, "VILLAGE"), (6, crowd.l2, "COMMUNITY")):
            values = [sheets[number].value(key, "all") for key in ("all", row, "unit_unknown")]
            assert values == [within[org], within[org], within[crowd.r1]]
        told = next(one for one in checks.between(sheets) if one.title == "单位性质登记齐全")
        assert (told.mark, told.left) == ("open", within[crowd.r1])

    def test_of_the_same_source_take_one_statement(
        self, crowd, snapshot, django_assert_num_queries
    ):
        """People, changes, appraisals, trainings, awards and those of organisations; nothing was
        frozen a year before.
        """
        ground = _ground(snapshot)
        with django_assert_num_queries(6):
            fill(all_tables(), ground)


def _ground(snapshot):
    return reports.whole_unit(snapshot).ground

"""Behind a number stand exactly as many people, and only those may be named whom one sees today."""

from io import BytesIO

import pytest
from openpyxl import load_workbook

from kernel.errors import Forbidden
from tenant_apps.audit import selectors as audit
from tenant_apps.insight.models import Place
from tenant_apps.insight.selectors import snapshots
from tenant_apps.insight.selectors.axes import Measure
from tenant_apps.insight.selectors.people import NoSuchCell, cell_of, people_in
from tenant_apps.insight.selectors.snapshots import PlaceNotThere
from tenant_apps.insight.selectors.tables import all_tables, table
from tenant_apps.insight.services import workbooks
from tenant_apps.members.models import Member
from tenant_apps.organizations.selectors import OrganizationNotFound
from tests.factories.members import make_member
from tests.factories.organizations import NOW, admin, somebody
from tests.tenant_apps.insight.conftest import sheets_at, take


def spot_at(snapshot, org=None, actor=None):
    return snapshots.spot_of(actor or admin(), snapshot, org.pk if org else None)


def taken(snapshot, cell, actor=None):
    """The list behind a cell as a file."""
    return workbooks.people_file(
        snapshot=snapshot, spot=spot_at(snapshot), cell=cell, actor=actor or admin(), now=NOW
    )


@pytest.mark.parametrize("number", [one.number for one in all_tables()])
def test_every_cell_opens_as_many_people_as_it_says(crowd, snapshot, number):
    """Times and hours are not people: their list is that of whoever took part."""
    one, spot = table(number), spot_at(snapshot, crowd.left)
    opened = 0
    for row, cells in sheets_at(snapshot, crowd.left)[number].lines():
        for column, cell in cells[:8]:
            if cell.opens:
                _, total = people_in(
                    admin(), cell_of(one, row.key, column.key), spot.ground, most=1
                )
                if one.measure_of(row, column) is Measure.PEOPLE:
                    assert total == cell.value, (row.key, column.key)
                opened += 1
    assert opened


def test_are_listed_page_by_page_without_repeating(crowd, snapshot):
    spot, cell = spot_at(snapshot), cell_of(table(2), "all", "all")
    seen = []
    for first in range(0, 400, 90):
        rows, total = people_in(admin(), cell, spot.ground, first=first, most=90)
        seen += [row.member_id for row in rows]
    assert len(seen) == len(set(seen)) == total == snapshot.people


@pytest.mark.parametrize(
    ("number", "row", "column"),
    [(2, "nobody", "all"), (2, "all", "nothing"), (1, "grown", "all"), (9, "all", "hours"),
     (12, "organizations", "women")],
)  # fmt: skip
def test_what_cannot_be_opened_says_so(number, row, column):
    with pytest.raises(NoSuchCell):
        cell_of(table(number), row, column)


def test_the_year_before_cannot_be_opened_where_there_is_none(snapshot):
    spot = spot_at(snapshot)
    with pytest.raises(NoSuchCell):
        people_in(admin(), cell_of(table(1), "before", "all"), spot.ground, most=1)


class TestRights:
    def test_names_nobody_who_was_moved_out_of_the_sub_tree_since(self, tree):
        stays, moves = make_member(tree.l1, "甲"), make_member(tree.l1, "乙")
        snapshot = take()
        Member.objects.filter(pk=moves.pk).update(org=tree.r1, org_path=tree.r1.path)
        secretary = somebody(("secretary", tree.left.path))
        spot = spot_at(snapshot, tree.left, secretary)
        rows, total = people_in(secretary, cell_of(table(2), "all", "all"), spot.ground, most=10)
        named = {row.member_id: (row.name, row.identity_masked) for row in rows}
        assert total == 2
        assert named[stays.pk][0] == "甲"
        assert named[moves.pk] == ("", "")

    def test_are_those_of_today_for_the_sub_tree_of_then(self, crowd, snapshot):
        secretary = somebody(("secretary", crowd.left.path))
        with pytest.raises(OrganizationNotFound):
            spot_at(snapshot, crowd.right, secretary)
        assert spot_at(snapshot, None, secretary).name == "left"

    def test_an_organisation_that_came_later_has_no_figures(self, crowd, snapshot):
        Place.objects.filter(snapshot=snapshot, org_id=crowd.alone.pk).delete()
        with pytest.raises(PlaceNotThere, match="alone"):
            spot_at(snapshot, crowd.alone)

    def test_who_reads_members_only_may_not_take_the_list_away(self, crowd, snapshot):
        spot = spot_at(snapshot)
        cell = cell_of(table(2), "all", "all")
        for act in (
            lambda actor: workbooks.people_file(
                snapshot=snapshot, spot=spot, cell=cell, actor=actor, now=NOW
            ),
            lambda actor: workbooks.tables_as_workbook(
                snapshot=snapshot, spot=spot, number=None, actor=actor, now=NOW
            ),
        ):
            with pytest.raises(Forbidden):
                act(somebody(("treasurer", "")))


class TestWorkbooks:
    def test_of_people_is_recorded_with_how_many(self, crowd, snapshot):
        cell = cell_of(table(2), "all", "women")
        assert taken(snapshot, cell).content.startswith(b"PK")
        event = audit.events_about(snapshot.pk).get(code="statistics.people_exported")
        assert event.data["count"] == sheets_at(snapshot)[2].value("all", "women")

    def test_of_many_people_leave_whole_line_by_line(self, crowd, snapshot, monkeypatch):
        monkeypatch.setattr(workbooks, "MOST_IN_WORKBOOK", 5)
        monkeypatch.setattr(workbooks, "_PIECE", 64)
        made = taken(snapshot, cell_of(table(2), "all", "all"))
        lines = b"".join(made.content).decode("utf-8-sig").splitlines()
        assert made.name.endswith(".csv")
        assert lines[0].startswith("姓名,")
        assert len(lines) == snapshot.people + 1
        assert sum("320***********4217" in line for line in lines) == snapshot.people

    def test_of_organisations_name_them(self, crowd, snapshot):
        made = taken(snapshot, cell_of(table(12), "organizations", "all"))
        sheet = load_workbook(BytesIO(made.content)).worksheets[0]
        rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
        assert rows[0][0] == "党组织"
        assert {row[0] for row in rows[1:]} == {"中共l1", "中共l2", "中共r1"}
        assert {row[-1] for row in rows[1:]} == {"市级"}

    def test_holds_the_numbers_of_the_page(self, crowd, snapshot):
        content = workbooks.tables_as_workbook(
            snapshot=snapshot, spot=spot_at(snapshot), number=None, actor=admin(), now=NOW
        )
        book = load_workbook(BytesIO(content))
        assert len(book.sheetnames) == 16
        sheet = book["表2 党员基本情况"]
        assert [sheet.cell(2, 1).value, sheet.cell(2, 2).value] == ["合计", snapshot.people]
        women = sheets_at(snapshot)[2].value("WORKER", "women")
        assert sheet.cell(3, 3).value == women
        signs = [row[0].value for row in sheet.iter_rows() if row[0].value]
        assert signs[-3:] == ["负责人", "填表人", "报出时间"]

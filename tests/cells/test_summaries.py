"""Summaries: taken in whole or not at all, never twice, never late; what the pages show."""

import datetime as dt
import io
import json

import openpyxl
import pytest
from django.core.management import call_command

from kernel.clock import now
from kernel.unit import shared_context
from shared_apps.fleet.services import standings, summaries
from shared_apps.people.models import SecurityEvent
from shared_apps.usage.models import UnitTotal
from tenants.cells import names, registry
from tenants.cells.distant import DistantMonth, DistantUnit
from tenants.cells.models import Cell, ControlLink, TakenName
from tenants.models import Unit, UnitState
from tests.cells.conftest import NEXT_KEY, NOW, as_east, entry, later, summary


def east():
    return Cell.objects.get(name="east")


class TestTakingIn:
    def test_the_units_are_known_with_their_names(self, post):
        assert post("summary", summary(entry())) == {"serial": 1}
        unit = DistantUnit.objects.select_related("standing").get()
        assert (unit.cell, unit.name, unit.standing.members) == ("east", "东湖造船厂", 340)
        assert TakenName.objects.filter(cell="east", value="dhzcc").exists()
        assert east().serial == 1

    def test_a_later_one_takes_the_place_of_the_earlier(self, post):
        other = entry(id="0192f000-0000-7000-8000-000000000002", label="other", name="别家")
        post("summary", summary(entry(), other))
        post("summary", summary(entry(members=7, months=[[202611, 1, 1]]), serial=2))
        unit = DistantUnit.objects.select_related("standing").get()
        assert unit.standing.members == 7
        assert DistantMonth.objects.get().due_fen == 1

    def test_what_did_not_change_is_not_written(self, post):
        post("summary", summary(entry()))
        DistantUnit.objects.update(name="没有再写")
        post("summary", summary(entry(), serial=2))
        assert DistantUnit.objects.get().name == "没有再写"

    @pytest.mark.parametrize(
        ("reason", "how"),
        [
            ("cell_signature", {"key": NEXT_KEY}),
            ("cell_signature", {"cell": "west"}),
            ("cell_signature", {"change": lambda content: content.replace(b"340", b"999")}),
            ("cell_clock", {"minutes": -6}),
            ("cell_clock", {"minutes": 6}),
        ],
    )
    def test_a_letter_that_is_not_right_changes_nothing(self, post, reason, how):
        if "minutes" in how:
            how = {"at": later(**how)}
        assert post("summary", summary(entry()), **how) == reason
        assert not DistantUnit.objects.exists()

    @pytest.mark.parametrize(
        ("reason", "said"),
        [
            ("cell_summary_clock", lambda: summary(entry(), made_at=later(minutes=-16))),
            ("cell_summary_clock", lambda: summary(entry(), made_at=later(minutes=6))),
            ("cell_letter", lambda: {"serial": 1}),
            ("cell_letter", lambda: summary(entry(id="no id"))),
            ("cell_letter", lambda: summary(entry()) | {"serial": "x"}),
        ],
    )
    def test_nor_does_a_summary_that_is_not(self, post, reason, said):
        assert post("summary", said()) == reason
        assert not DistantUnit.objects.exists()
        assert (east().refused_code, east().serial) == (reason, 0)

    @pytest.mark.parametrize("serial", [4, 5])
    def test_an_older_one_is_refused(self, post, serial):
        post("summary", summary(entry(), serial=5))
        assert post("summary", summary(serial=serial)) == "cell_summary_replayed"
        assert DistantUnit.objects.exists()

    def test_the_very_same_letter_is_refused_and_recorded_once(self, post):
        post("summary", summary(entry()))
        for _ in range(3):
            assert post.again().json()["code"] == "cell_summary_replayed"
        events = SecurityEvent.objects.filter(code="cell.refused")
        assert [event.data["reason"] for event in events] == ["cell_summary_replayed"]

    def test_a_cell_speaks_for_its_own_units_only(self, post, beta):
        assert post("summary", summary(entry(id=str(beta.pk)))) == "cell_summary_unit"
        Cell.objects.create(name="west", upstream="http://x", console="http://x", added_at=NOW)
        DistantUnit.objects.create(
            id=entry()["id"], cell="west", created_at=NOW, name="西", label="x"
        )
        assert post("summary", summary(entry())) == "cell_summary_unit"

    def test_a_cell_that_was_not_added_is_not_heard(self, post):
        Cell.objects.all().delete()
        assert post("summary", summary(entry())) == "cell_unlisted"
        assert post("names", {"label": "aa", "credit_code": "bb"}) == "cell_unlisted"

    def test_only_the_control_cell_listens(self, post):
        post("directory", {"number": 0})
        with as_east():
            assert post.again().json()["code"] == "cell_not_control"

    def test_a_letter_that_unpacks_too_large_is_refused(self, post, monkeypatch):
        monkeypatch.setattr("tenants.cells.letters.LARGEST", 1000)
        assert post("summary", summary(entry())) == "cell_letter"


class TestSending:
    def test_tells_what_the_own_list_shows_and_is_understood(self, post, alpha, beta):
        with shared_context():
            standings.refresh(now=NOW)
            UnitTotal.objects.filter(unit=beta).delete()
            said = summaries.summary(serial=7, now=now())
            known = {one["unit"]["label"] for one in said["units"]}
            assert known == {"alpha", "beta"} == set(said["labels"])
            text = json.dumps(said, ensure_ascii=False)
            Unit.objects.filter(pk=beta.pk).update(state=UnitState.CLOSED)
            assert "beta" not in json.dumps(summaries.summary(serial=8, now=now())["units"])
            assert beta.schema_name not in text

    def test_serials_never_go_back(self, control):
        with as_east():
            at = now()
            first = summaries.directory.next_serial(now=at)
            assert summaries.directory.next_serial(now=at - dt.timedelta(days=1)) == first + 1
            ControlLink.objects.all().delete()
            again = summaries.directory.next_serial(now=at + dt.timedelta(seconds=1))
            assert again > first, "also when the database was put back"

    def test_the_control_cell_frees_what_its_own_units_gave_up(self, control, beta):
        names.take(cell="main", label="gone", credit_code="G" * 18, now=later(hours=-2))
        summaries.exchange(now=now())
        held = TakenName.objects.filter(cell="main").values_list("value", flat=True)
        assert "gone" not in held
        assert "beta" in held

    def test_silence_is_noted(self, control):
        with as_east():
            summaries.exchange(now=now())
            assert summaries.problem() == "control_cell_silent"
            assert ControlLink.objects.get().sent_at is None


class TestTheOneList:
    @pytest.fixture
    def both(self, post, alpha, beta):
        with shared_context():
            standings.refresh(now=NOW)
            post("summary", summary(entry()))
            yield

    def names(self, operator, query=""):
        answer = operator.get(f"/api/v1/fleet/units/?{query}").json()
        assert answer["count"] == len(answer["results"])
        return [one["label"] for one in answer["results"]]

    def test_shows_units_of_all_cells(self, operator, both):
        assert set(self.names(operator)) == {"alpha", "beta", "dhzcc"}
        page = operator.get("/fleet/?view=all").content.decode()
        assert "所在分区" in page
        assert "http://console-east.test/fleet/0192f000-0000-7000-8000-000000000001/" in page
        assert "分区 east 数据截至" in page
        assert "不是最新" not in page

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("cell=east", ["dhzcc"]),
            ("cell=main", ["alpha", "beta"]),
            ("q=造船", ["dhzcc"]),
            ("q=zaochuan", ["dhzcc"]),
            ("trouble=errors", ["dhzcc"]),
            ("region=3205", ["dhzcc"]),
            ("branch=东湖", ["dhzcc"]),
            ("pinned=1", []),
            ("state=suspended", []),
        ],
    )
    def test_narrows_both_alike(self, operator, both, query, found):
        assert sorted(self.names(operator, query)) == found

    @pytest.mark.parametrize("sort", ["cell", "members", "backup", "opened", "difference", "works"])
    def test_sorts_both_as_one(self, operator, both, sort):
        assert self.names(operator, f"sort=-{sort}")
        assert self.names(operator, "sort=-members")[0] == "dhzcc"
        assert self.names(operator, "sort=members")[-1] == "dhzcc"

    def test_trouble_comes_first_from_wherever(self, operator, both):
        assert self.names(operator)[0] == "dhzcc"

    def test_a_file_of_them_says_the_cell(self, operator, both):
        content = operator.get("/fleet/export/?view=all").content
        rows = list(openpyxl.load_workbook(io.BytesIO(content)).active.values)
        place = rows[0].index("所在分区")
        assert {row[place] for row in rows[1:]} == {"main", "east"}

    def test_few_people_stay_hidden(self, operator, both, post):
        post("summary", summary(entry(members=3, activated=2), serial=2))
        (line,) = operator.get("/api/v1/fleet/units/?cell=east").json()["results"]
        assert (line["members"], line["activated"], line["cell"]) == (None, None, "east")

    def test_an_old_summary_is_said(self, operator, both):
        Cell.objects.update(as_of=now() - dt.timedelta(minutes=11))
        assert "分区 east 的数据不是最新" in operator.get("/fleet/?view=all").content.decode()
        (cell,) = operator.get("/api/v1/fleet/cells/").json()
        assert cell["is_old"] is True

    def test_a_unit_of_another_cell_is_not_acted_on_here(self, operator, both):
        unit = entry()["id"]
        assert operator.get(f"/fleet/{unit}/").status_code == 404
        assert operator.put(f"/api/v1/fleet/units/{unit}/pin/").status_code in {403, 404}

    def test_with_one_cell_nothing_of_this_is_seen(self, operator, alpha):
        with shared_context():
            page = operator.get("/fleet/?view=all").content.decode()
        assert "分区" not in page


class TestTheOverview:
    def figures(self, operator):
        page = operator.get("/operations/?month=2026-11")
        return page.context["found"]

    def test_adds_up_all_cells(self, operator, post, alpha):
        with shared_context():
            alone = self.figures(operator)
            post("summary", summary(entry()))
            found = self.figures(operator)
        assert found.units == alone.units + 1
        assert found.totals.members.over_everything == 340
        assert found.totals.all_due_fen - alone.totals.all_due_fen == 50_000
        assert found.totals.all_ever_paid_fen - alone.totals.all_ever_paid_fen == 120_000
        assert {region.name for region in found.regions} >= {"江苏省"}

    def test_few_people_are_in_no_sum_of_a_place_and_in_all_only_in_a_crowd(
        self, operator, post, alpha
    ):
        few = [
            entry(id=f"0192f000-0000-7000-8000-{n:012}", label=f"few{n}", members=size)
            for n, size in enumerate((1, 2, 3, 4, 4))
        ]
        with shared_context():
            post("summary", summary(*few[:4], serial=1))
            assert self.figures(operator).totals.members.over_everything == 0
            assert self.figures(operator).totals.all_due_fen == 0
            post("summary", summary(*few, serial=2))
            found = self.figures(operator)
        assert found.totals.members.over_everything == 14, "five of them hide each other"
        assert {region.together.members.over_a_place for region in found.regions} == {0}


class TestTheCommand:
    def told(self, *words):
        out = io.StringIO()
        call_command("cells", *words, stdout=out, stderr=io.StringIO())
        return out.getvalue()

    def test_adds_lists_and_maps_and_records(self, control):
        said = json.loads(self.told("add", "east", "--url", "http://10.0.0.9:8000"))
        assert said["upstream"] == "http://10.0.0.9:8000"
        (cell,) = json.loads(self.told("list", "--json"))
        assert (cell["name"], cell["is_old"]) == ("east", True)
        assert "server 10.0.0.9:8000" in self.told("map")
        assert SecurityEvent.objects.filter(code="cell.added").count() == 1

    def test_hands_names_over(self, control, beta):
        said = json.loads(self.told("hand-over", "beta", "--to", "east"))
        assert said["cell"] == "east"
        assert TakenName.objects.filter(value="beta", cell="east").exists()
        assert SecurityEvent.objects.filter(code="cell.names_handed_over").exists()

    @pytest.mark.parametrize(
        "words", [("add",), ("hand-over", "beta"), ("hand-over", "nobody", "--to", "east")]
    )
    def test_refuses_what_is_not_whole(self, control, words):
        with pytest.raises(SystemExit) as left:
            self.told(*words)
        assert left.value.code == 2


def test_keys_never_stand_in_what_is_told(control):
    told = json.dumps(registry.told(registry.others(), now=now()))
    assert all(key.hex() not in told for key in (NEXT_KEY, bytes(range(32))))

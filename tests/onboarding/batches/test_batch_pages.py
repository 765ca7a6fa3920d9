"""A sheet of units on the console and in the API: by whom, and by whom not."""

import hashlib
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile as file
from django.test.client import encode_multipart
from openpyxl import load_workbook

from kernel.clock import now
from kernel.sheets.reading import open_book
from kernel.unit import unit_context
from onboarding.models import Batch, BatchState, Event, ImportState, RowState
from onboarding.services import (
    batch_opening,
    batch_results,
    batch_sheet,
    importing,
    reading,
)
from shared_apps.people.models import Invitation
from tenant_apps.organizations import selectors as organizations
from tests import cast
from tests.bench import roster_shapes
from tests.conftest import FacingClient
from tests.onboarding.batches.conftest import csv, line


def text_of(response, status=200):
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def sheet(*lines):
    return file("单位.csv", csv(*lines), "text/csv")


@pytest.fixture
def outreach(db):
    return cast.staff(FacingClient(), "outreach")


@pytest.fixture
def checked(outreach):
    outreach.post(
        "/batches/new/", {"sheet": sheet(line(1), line(2, region="火星")), "complete": "1"}
    )
    return Batch.objects.get()


class TestHandingIn:
    def test_the_list_begins_empty_and_leads_on(self, outreach):
        page = text_of(outreach.get("/batches/"))
        assert "还没有批量开通过单位" in page
        assert "统一社会信用代码" in text_of(outreach.get("/batches/new/"))
        book = load_workbook(io.BytesIO(outreach.get("/batches/template/").content))
        assert book.sheetnames == ["单位", "填写说明"]

    def test_shows_the_check_before_anything_is_registered(self, outreach, checked):
        page = text_of(outreach.get(f"/batches/{checked.id}/"))
        assert "确认开通 1 家" in page
        assert "看不出是哪个省、市" in page
        assert "「火星」" in page
        assert "138******01" in page
        assert "13800000001" not in page
        assert "单位.csv" in text_of(outreach.get("/batches/"))
        only = text_of(outreach.get(f"/batches/{checked.id}/?state=refused"))
        assert "青石2号合作社" in only
        assert "青石1号合作社" not in only

    @pytest.mark.parametrize(
        ("data", "status", "word"),
        [
            ({}, 422, "请选择单位表"),
            ({"sheet": sheet(line(1))}, 422, "上传中断了"),
            ({"sheet": file("a.csv", b"a,b\n1,2"), "complete": "1"}, 422, "没有找到表头"),
            ({"sheet": file("a.pdf", b"%PDF-1.7"), "complete": "1"}, 422, "只能读取"),
        ],
    )  # fmt: skip
    def test_says_what_is_wrong_with_the_file(self, outreach, data, status, word):
        assert word in text_of(outreach.post("/batches/new/", data), status)
        assert not Batch.objects.exists()

    def test_leads_to_the_same_sheet_in_hand(self, outreach, checked):
        again = {"sheet": sheet(line(1), line(2, region="火星")), "complete": "1"}
        page = text_of(outreach.post("/batches/new/", again), 409)
        assert f"/batches/{checked.id}/" in page

    def test_is_given_up(self, outreach, checked):
        assert outreach.post(f"/batches/{checked.id}/discard/")["Location"] == "/batches/"
        assert "这张表已放弃" in text_of(outreach.get(f"/batches/{checked.id}/"))
        assert "单位.csv" not in text_of(outreach.get("/batches/"))
        refused = text_of(outreach.post(f"/batches/{checked.id}/confirmation/"), 409)
        assert "已放弃" in refused

    @pytest.mark.parametrize("role", ["system_admin", "security_admin", "audit_admin"])
    def test_is_for_outreach_and_operators_only(self, checked, role):
        client = cast.staff(FacingClient(), role)
        assert client.get(f"/batches/{checked.id}/").status_code == 403
        assert client.post(f"/batches/{checked.id}/confirmation/").status_code == 403
        assert client.get(f"/api/v1/batches/{checked.id}/rows/").status_code == 403
        checked.refresh_from_db()
        assert checked.state == BatchState.CHECKED

    def test_the_rows_to_correct_come_back_right(self, outreach, checked):
        answer = outreach.get(f"/batches/{checked.id}/corrections/")
        book = load_workbook(io.BytesIO(answer.content))
        (row,) = list(book["单位"].iter_rows(min_row=2, values_only=True))
        assert row[0] == "青石2号合作社"
        assert "所在地区：看不出是哪个省、市" in row[-1]
        book["单位"]["C2"] = "徐州"
        corrected = io.BytesIO()
        book.save(corrected)
        rows = batch_sheet.rows_of(open_book(corrected.getvalue(), "a.xlsx"))
        (one,) = batch_sheet.understand(rows, today=now().date())
        assert one.registration.name == "青石2号合作社"


class TestOpening:
    def test_is_confirmed_watched_and_taken_away(self, made):
        outreach = cast.staff(FacingClient(), "outreach")
        outreach.post("/batches/new/", {"sheet": sheet(line(1), line(2)), "complete": "1"})
        batch = Batch.objects.get()
        address = f"/batches/{batch.id}/"
        assert outreach.post(f"{address}confirmation/")["Location"] == address
        page = text_of(outreach.get(address))
        assert "批量开通结果" in page
        assert "生成并下载邀请链接" in page
        row = batch.rows.select_related("unit").first()
        assert row.state == RowState.DONE
        unit_page = text_of(outreach.get(f"/units/{row.unit_id}/"))
        assert "批量开通" in unit_page
        results = outreach.get(f"{address}results/").content
        cells = list(load_workbook(io.BytesIO(results)).active.iter_rows(values_only=True))
        assert cells[1][3] == "已开通"
        assert cells[1][4].startswith(f"http://{row.unit.label}.")
        assert outreach.get(f"{address}progress/")["HX-Redirect"] == address

    def test_shows_progress_while_it_works(self, confirmed):
        batch = confirmed()
        batch_opening.open_row(batch_opening.take(batch_id=batch.id, now=now()))
        outreach = cast.staff(FacingClient(), "outreach")
        page = text_of(outreach.get(f"/batches/{batch.id}/"))
        assert "data-poll" in page
        assert "1 / 3 家" in text_of(outreach.get(f"/batches/{batch.id}/progress/"))
        outreach.post(f"/batches/{batch.id}/stop/")
        page = text_of(outreach.get(f"/batches/{batch.id}/"))
        assert "重试 2 家" in page
        assert "停止了还未开始的单位" in page
        assert "没有还未开始的单位" in text_of(outreach.post(f"/batches/{batch.id}/stop/"), 409)
        one = batch.rows.filter(state=RowState.STOPPED).first()
        outreach.post(f"/batches/{batch.id}/retry/", {"row": str(one.id)})
        assert sorted(batch.rows.values_list("state", flat=True)) == ["done", "done", "stopped"]
        foreign = {"row": "01a20184-b361-779d-89d7-00ef243e4e22"}
        assert outreach.post(f"/batches/{batch.id}/retry/", foreign).status_code == 409
        outreach.post(f"/batches/{batch.id}/retry/")
        assert set(batch.rows.values_list("state", flat=True)) == {"done"}


class TestLinks:
    @pytest.fixture
    def done(self, confirmed, officer):
        batch = confirmed(line(1), line(2))
        batch_opening.work(batch_id=batch.id)
        batch.refresh_from_db()
        return batch

    def test_are_made_when_asked_for_and_kept_nowhere(self, done, officer):
        assert not Invitation.objects.exists()
        invited = batch_results.invite_all(batch=done, actor=officer, now=now())
        assert [one.unit.name for one in invited] == ["青石1号合作社", "青石2号合作社"]
        book = load_workbook(io.BytesIO(batch_results.links_workbook(invited)))
        row = list(book.active.iter_rows(values_only=True))[1]
        assert row[4] == invited[0].link.url
        assert "/invitation/" in row[4]
        assert b"/invitation/" not in batch_results.results(done)
        events = Event.objects.filter(code="administrator.invited")
        assert {event.actor_name for event in events} == {officer.name}

    def test_asked_for_again_make_the_earlier_ones_void(self, done, officer):
        batch_results.invite_all(batch=done, actor=officer, now=now())
        batch_results.invite_all(batch=done, actor=officer, now=now())
        assert Invitation.objects.filter(revoked_at=None).count() == 2
        assert Invitation.objects.exclude(revoked_at=None).count() == 2

    def test_are_not_for_a_colleague(self, done, colleague):
        with pytest.raises(batch_results.NotYourBatch):
            batch_results.invite_all(batch=done, actor=colleague, now=now())
        client = cast.staff(FacingClient(), "outreach")
        assert "链接只交给确认这一批的" in text_of(client.get(f"/batches/{done.id}/"))
        assert client.post(f"/batches/{done.id}/links/").status_code == 403
        assert client.post(f"/api/v1/batches/{done.id}/links/").status_code == 403
        assert not Invitation.objects.exists()

    def test_are_not_made_for_whoever_has_come(self, done, officer):
        invited = batch_results.invite_all(batch=done, actor=officer, now=now())
        Invitation.objects.filter(unit_id=invited[0].unit.id).update(used_at=now())
        again = batch_results.invite_all(batch=done, actor=officer, now=now())
        assert [one.unit.name for one in again] == ["青石2号合作社"]
        Invitation.objects.filter(revoked_at=None).update(used_at=now())
        with pytest.raises(batch_results.NoLinks):
            batch_results.invite_all(batch=done, actor=officer, now=now())


class TestWhatIsTakenAway:
    @pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1+1青石", "-2+3青石", "@SUM(1)青石"])
    def test_no_cell_of_the_workbooks_runs(self, confirmed, officer, name):
        """Whatever a sheet says of a unit comes back as text."""
        batch = confirmed(line(1, name=name), line(2, name=name, region="火星"))
        batch_opening.work(batch_id=batch.id)
        invited = batch_results.invite_all(batch=batch, actor=officer, now=now())
        for content in (
            batch_results.results(batch),
            batch_results.to_correct(batch),
            batch_results.links_workbook(invited),
        ):
            cells = [cell for row in load_workbook(io.BytesIO(content)).active for cell in row]
            assert name in [cell.value for cell in cells]
            assert "f" not in {cell.data_type for cell in cells}


class TestTheFirstRootGivesWay:
    def test_to_the_one_of_the_unit_s_own_roster(self, confirmed, officer):
        batch = confirmed(line(1, name="青石镇供销社"))
        batch_opening.work(batch_id=batch.id)
        row = batch.rows.select_related("unit").get()
        roster = roster_shapes.make("own", name="青石镇供销社", members=20, seed=7, share=0)
        found = reading.receive(
            unit=row.unit,
            filename=roster.filename,
            content=roster.content,
            actor=officer,
            now=now(),
        )
        reading.read(import_id=found.id)
        found.refresh_from_db()
        assert (found.state, found.rejected_count) == (ImportState.REVIEW, 0)
        importing.approve(held=found, actor=officer, now=now())
        importing.store(import_id=found.id)
        found.refresh_from_db()
        assert found.state == ImportState.DONE
        with unit_context(row.unit_id):
            names = [one.name for one in organizations.known_organizations()]
        assert "中共青石镇供销社支部委员会" not in names
        assert len(names) == found.organization_count


class TestTheApi:
    def test_does_what_the_pages_do(self, made):
        client = cast.staff(FacingClient(), "operator")
        content = csv(line(1), line(2, region="火星"))
        data = {
            "sheet": file("单位.csv", content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        body = encode_multipart("x", data)
        sent = client.post("/api/v1/batches/", body, content_type="multipart/form-data; boundary=x")
        batch = sent.json()
        assert (sent.status_code, batch["state"], batch["counts"]["waiting"]) == (201, "checked", 1)
        address = f"/api/v1/batches/{batch['id']}/"
        rows = client.get(f"{address}rows/?state=refused").json()
        assert rows[0]["faults"][0]["rule"] == "region_unknown"
        assert client.post(f"{address}confirmation/").json()["counts"]["done"] == 1
        assert client.get(address).json()["state"] == "done"
        assert client.get("/api/v1/batches/").json()[0]["id"] == batch["id"]
        assert client.post(f"{address}stop/").json()["code"] == "batch_nothing_to_stop"
        assert (
            client.post(f"{address}retry/", {}, content_type="application/json").json()["code"]
            == "batch_nothing_to_retry"
        )
        assert client.get(f"{address}results/").content[:2] == b"PK"
        assert client.get(f"{address}corrections/").content[:2] == b"PK"
        (link,) = client.post(f"{address}links/").json()
        assert "/invitation/" in link["url"]
        assert client.delete(address).json()["code"] == "batch_not_checked"

    def test_refuses_a_file_that_was_cut_off(self, db):
        client = cast.staff(FacingClient(), "operator")
        data = {"sheet": file("单位.csv", csv(line(1))), "sha256": "0" * 64}
        sent = client.post(
            "/api/v1/batches/", encode_multipart("x", data),
            content_type="multipart/form-data; boundary=x",
        )  # fmt: skip
        assert sent.status_code == 422
        assert not Batch.objects.exists()

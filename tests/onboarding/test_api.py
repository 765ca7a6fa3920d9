"""A unit opened through the API."""

import hashlib
import json

from django.core.files.uploadedfile import SimpleUploadedFile

from onboarding.models import RosterImport
from onboarding.services import importing, reading
from tests import cast
from tests.conftest import FacingClient
from tests.onboarding.browsing import CODE
from tests.onboarding.conftest import registration_of


class TestApi:
    def send(self, client, address, data=None):
        return client.post(
            f"/api/v1/{address}", json.dumps(data or {}), content_type="application/json"
        )

    def test_registers_lists_and_shows_units(self, outreach):
        given = registration_of(credit_code=CODE)
        data = {name: str(getattr(given, name)) for name in given.__slots__}
        made = self.send(outreach, "units/", data)
        assert made.status_code == 201, made.content
        assert made.json()["blocker"] == "no_roster"
        listed = outreach.get("/api/v1/units/").json()
        assert [one["id"] for one in listed["results"]] == [made.json()["id"]]
        assert outreach.get(f"/api/v1/units/{made.json()['id']}/").json()["host"] == "qszgxs.test"
        again = self.send(outreach, "units/", {**data, "label": "other"})
        assert (again.status_code, again.json()["code"]) == (409, "unit_registered_by")

    def test_carries_a_roster_all_the_way(self, outreach, opening, roster):
        address = f"/api/v1/units/{opening.unit_id}/rosters/"
        file = SimpleUploadedFile(roster.filename, roster.content)
        digest = hashlib.sha256(roster.content).hexdigest()
        made = outreach.post(address, {"roster": file, "sha256": digest})
        assert made.status_code == 202, made.content
        one = f"rosters/{made.json()['id']}/"
        reading.read(import_id=made.json()["id"])
        found = outreach.get(f"/api/v1/{one}understanding/").json()
        assert len(found["rejections"]) == len(roster.truth.rejected)
        assert found["organisations"]
        name = found["sheets"][0]["name"]
        sent = {"sheets": {name: {"columns": {"remarks": None}}}}
        assert self.send(outreach, f"{one}corrections/", sent).status_code == 202
        reading.read(import_id=made.json()["id"])
        assert self.send(outreach, f"{one}confirmation/").status_code == 202
        importing.store(import_id=made.json()["id"])
        assert outreach.get(f"/api/v1/{one}").json()["percent"] == 100
        assert outreach.get(f"/api/v1/{one}refused/").content.startswith(b"PK")
        assert len(outreach.get(address).json()) == 1
        wrong = self.send(outreach, f"{one}undo/", {"unit_name": "x"})
        assert wrong.json()["code"] == "undo_name_differs"
        undone = self.send(outreach, f"{one}undo/", {"unit_name": opening.unit.name})
        assert undone.json()["state"] == "UNDONE"

    def test_refuses_a_file_that_did_not_arrive_whole(self, outreach, opening, roster):
        file = SimpleUploadedFile(roster.filename, roster.content[:-100])
        digest = hashlib.sha256(roster.content).hexdigest()
        answer = outreach.post(
            f"/api/v1/units/{opening.unit_id}/rosters/", {"roster": file, "sha256": digest}
        )
        assert answer.json()["code"] == "roster_upload_cut_off"
        assert not RosterImport.objects.exists()

    def test_gives_a_roster_up_and_refuses_what_cannot_be(self, outreach, in_review):
        one = f"rosters/{in_review.id}/"
        wrong = {"sheets": {"x": {"columns": {"no_such_field": 1}}}}
        answer = self.send(outreach, f"{one}corrections/", wrong)
        assert answer.json()["code"] == "roster_correction_unknown"
        assert self.send(outreach, f"{one}resumption/").status_code == 404
        assert outreach.delete(f"/api/v1/{one}").status_code == 204

    def test_gives_figures_to_operators_only(self, operator, outreach, imported):
        found = operator.get("/api/v1/operations/?month=2026-11").json()
        assert found["units"] == 1
        assert found["funnel"][0]["reached"] == 1
        assert outreach.get("/api/v1/operations/").status_code == 403

    def test_is_closed_to_everybody_else(self, alpha, imported, client):
        ada = cast.officer(FacingClient(), alpha)
        for address in ("units/", f"rosters/{imported.id}/", "operations/"):
            assert ada.get(f"/api/v1/{address}", headers={"host": "console.test"}).status_code in {
                401, 403,
            }  # fmt: skip

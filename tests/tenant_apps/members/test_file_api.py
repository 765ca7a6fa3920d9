"""The API of one member's file."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from kernel import clock
from kernel.unit import unit_context
from tenant_apps.audit import selectors as audit
from tenant_apps.members.models import Correction, Entry, Member
from tenant_apps.members.services import cards
from tests import cast
from tests.conftest import FacingClient
from tests.factories.members import make_member
from tests.factories.organizations import small_tree
from tests.tenant_apps.members.test_pictures import exif, jpeg

ROW = {"kind": "WORK", "data": {"workplace": "虚构水厂", "post": "工人"}, "began_on": "2020-01-01"}


@pytest.fixture
def ada(alpha, tree):
    return cast.officer(FacingClient(), alpha)


@pytest.fixture
def member(tree):
    return make_member(tree.l1)


@pytest.fixture
def home(member):
    return f"/api/v1/members/{member.id}"


def send(client, verb, address, data=None):
    return getattr(client, verb)(address, json.dumps(data or {}), content_type="application/json")


class TestFile:
    def test_is_read_and_corrected_whole_by_version(self, ada, home):
        file = ada.get(f"{home}/").json()
        assert (file["version"], file["occupation"], file["standing"]) == (1, "", "NORMAL")
        sent = {"occupation": "RETIRED", "is_migrant_worker": True, "version": 1}
        changed = send(ada, "patch", f"{home}/", sent)
        assert (changed.json()["occupation"], changed.json()["version"]) == ("RETIRED", 2)
        late = send(ada, "patch", f"{home}/", {"workplace": "水厂", "version": 1})
        assert (late.status_code, late.json()["code"]) == (409, "member_file_changed")
        wrong = send(ada, "patch", f"{home}/", {"occupation": "BOSS"})
        assert (wrong.status_code, wrong.json()["code"]) == (422, "member_value_not_known")

    def test_opens_an_address_and_a_relatives_number(self, ada, member, home):
        send(ada, "patch", f"{home}/", {"address": "江苏省徐州市云龙区虚构路 12 号"})
        address = send(ada, "post", f"{home}/reveal/", {"what": "address", "reason": "上门走访"})
        assert address.json() == {"value": "江苏省徐州市云龙区虚构路 12 号"}
        data = {"relation": "配偶", "name": "虚构人", "phone": "13900002222"}
        row = send(ada, "post", f"{home}/entries/", {"kind": "FAMILY", "data": data}).json()
        assert row["data"]["phone"] == "139****2222"
        ask = {"what": "relative", "entry": row["id"], "field": "phone", "reason": "紧急联系"}
        assert send(ada, "post", f"{home}/reveal/", ask).json() == {"value": "13900002222"}
        assert send(ada, "post", f"{home}/reveal/", {**ask, "entry": None}).status_code == 422

    def test_says_how_complete_it_is(self, ada, home):
        found = ada.get(f"{home}/completeness/").json()
        assert 0 < found["score"] < 100
        assert {"label": "照片", "who": "本人", "key": "photo", "may_ask": True} in found["lacking"]

    def test_takes_a_photo(self, ada, home):
        photo = SimpleUploadedFile("a.jpg", jpeg(exif(6)), content_type="image/jpeg")
        body = encode_multipart(BOUNDARY, {"photo": photo})
        put = ada.put(f"{home}/photo/", body, content_type=MULTIPART_CONTENT)
        assert put.status_code == 204 and Member.objects.get().photo_key
        assert ada.delete(f"{home}/photo/").status_code == 204
        assert ada.delete(f"{home}/photo/").status_code == 404


class TestEntries:
    def test_are_written_struck_out_and_taken_back(self, ada, member, home):
        made = send(ada, "post", f"{home}/entries/", ROW)
        assert made.status_code == 201
        address = f"/api/v1/members/entries/{made.json()['id']}/"
        changed = {"data": {"workplace": "虚构水厂", "post": "班长"}, "began_on": "2020-02-01"}
        assert send(ada, "put", address, changed).json()["data"]["post"] == "班长"
        assert send(ada, "delete", address).status_code == 422
        assert send(ada, "delete", address, {"reason": "重复"}).json()["struck_at"]
        assert [row["struck_at"] is None for row in ada.get(f"{home}/entries/").json()] == [False]
        assert send(ada, "post", address).json()["struck_at"] is None
        assert audit.events_about(member.id).filter(code__startswith="member.entry").count() == 4

    @pytest.mark.parametrize(
        ("row", "code"),
        [
            ({"kind": "WORK", "data": {}}, "member_entry_not_valid"),
            ({"kind": "LOST", "data": {"reason": "其他"}}, "member_entry_by_decision"),
            ({"kind": "HOBBY", "data": {}}, "invalid"),
        ],
    )
    def test_say_what_is_wrong(self, ada, home, row, code):
        answer = send(ada, "post", f"{home}/entries/", row)
        assert (answer.status_code, answer.json()["code"]) == (422, code)

    def test_close_ones_are_kept_from_the_treasurer(self, alpha, ada, home):
        send(ada, "post", f"{home}/entries/", ROW)
        send(ada, "post", f"{home}/entries/", {"kind": "FAMILY",
             "data": {"relation": "配偶", "name": "虚构人"}})  # fmt: skip
        ben = cast.officer(FacingClient(), alpha, role="treasurer", name="本")
        assert [row["kind"] for row in ben.get(f"{home}/entries/").json()] == ["WORK"]
        assert send(ben, "post", f"{home}/entries/", ROW).status_code == 403


class TestVersions:
    def test_are_told_restored_and_asked_by_day(self, ada, member, home):
        send(ada, "patch", f"{home}/", {"workplace": "水厂"})
        (version,) = ada.get(f"{home}/versions/").json()
        assert version["changes"] == [
            {"label": "工作单位", "old": "", "new": "水厂", "key": "workplace"}
        ]
        assert ada.get(f"{home}/as-of/?on=2020-01-01").json()["fields"]["workplace"] == ""
        assert ada.get(f"{home}/as-of/?on=x").status_code == 422
        back = f"/api/v1/members/versions/{version['id']}/restore/"
        assert send(ada, "post", back, {"field": "workplace"}).status_code == 422
        done = send(ada, "post", back, {"field": "workplace", "reason": "误填"})
        assert len(done.json()) == 2 and Member.objects.get().workplace == ""


class TestCorrections:
    def test_are_asked_for_by_the_member_and_decided_by_the_office(self, alpha, ada, member):
        cleo = cast.member(FacingClient(), alpha, member.id)
        wish = {"field": "education", "wanted": {"value": "硕士研究生"}, "reason": "毕业证书为准"}
        made = send(cleo, "post", "/api/v1/me/corrections/", wish)
        assert made.status_code == 201
        pk = made.json()["id"]
        assert [row["id"] for row in ada.get("/api/v1/members/corrections/").json()] == [pk]
        address = f"/api/v1/members/corrections/{pk}/"
        assert send(cleo, "post", address, {"decision": "accept"}).status_code == 403
        assert send(ada, "post", address, {"decision": "refuse"}).status_code == 422
        done = send(ada, "post", address, {"decision": "accept"})
        assert done.json()["state"] == "ACCEPTED"
        assert Member.objects.get().education == "硕士研究生"
        assert cleo.get("/api/v1/me/corrections/").json()[0]["state"] == "ACCEPTED"
        again = send(ada, "post", address, {"decision": "accept"})
        assert (again.status_code, again.json()["code"]) == (409, "member_correction_decided")

    def test_carry_a_proof_that_both_sides_read(self, alpha, ada, member, tree):
        cleo = cast.member(FacingClient(), alpha, member.id)
        photo = SimpleUploadedFile("a.jpg", jpeg(exif(6)), content_type="image/jpeg")
        wish = {"field": "photo", "reason": "证件照更换", "proof": photo}
        made = cleo.post("/api/v1/me/corrections/", wish)
        assert made.status_code == 201
        pk = made.json()["id"]
        mine = cleo.get(f"/api/v1/me/corrections/{pk}/file/")
        assert (mine.status_code, mine["Content-Type"]) == (200, "image/jpeg")
        assert ada.get(f"/api/v1/members/corrections/{pk}/file/").content == mine.content
        ben = cast.officer(FacingClient(), alpha, role="treasurer")
        assert ben.get(f"/api/v1/members/corrections/{pk}/file/").status_code == 403
        other = cast.member(FacingClient(), alpha, make_member(tree.l1, "旁人").id)
        assert other.get(f"/api/v1/me/corrections/{pk}/file/").status_code == 404

    def test_are_withdrawn_by_who_asked(self, alpha, ada, member, tree):
        cleo = cast.member(FacingClient(), alpha, member.id)
        wish = {"field": "WORK", "wanted": ROW["data"], "reason": "工作证为准"}
        pk = send(cleo, "post", "/api/v1/me/corrections/", wish).json()["id"]
        address = f"/api/v1/me/corrections/{pk}/withdraw/"
        other = cast.member(FacingClient(), alpha, make_member(tree.l1, "旁人").id)
        assert send(other, "post", address).status_code == 404
        assert send(cleo, "post", address).json()["state"] == "WITHDRAWN"
        assert not Entry.objects.exists()
        assert Correction.objects.get().state == "WITHDRAWN"


class TestCard:
    def test_says_no_more_than_the_card(self, ada, member):
        code = cards.code_for(member, now=clock.now())
        told = ada.get("/api/v1/members/card-check/", {"c": code}).json()
        assert told == {"is_valid": True, "verdict": "有效", "is_paper": False,
                        "name": "曾国强", "org_name": "中共l1"}  # fmt: skip
        nothing = ada.get("/api/v1/members/card-check/", {"c": "x"}).json()
        assert (nothing["is_valid"], nothing["name"], nothing["org_name"]) == (False, "", "")


def test_a_file_of_another_unit_is_not_found(ada, beta):
    with unit_context(beta.id):
        foreign = make_member(small_tree().l1)
    home = f"/api/v1/members/{foreign.id}"
    for tail in ("entries/", "versions/", "as-of/?on=2026-01-01", "completeness/"):
        assert ada.get(f"{home}/{tail}").status_code == 404, tail
    assert send(ada, "post", f"{home}/entries/", ROW).status_code == 404

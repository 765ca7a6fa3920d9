"""What of a file goes along beside the person: extended sets and the photo (rulebook 8.1)."""

from __future__ import annotations

import base64
import datetime as dt

import pytest

from kernel.crypto import digest
from kernel.papers import Upload
from kernel.unit import unit_context
from tenant_apps.audit.models import Event
from tenant_apps.members.models import Entry, EntryKind, Member
from tenant_apps.members.selectors.scans import scans_of
from tenant_apps.members.services import carrying, entries, photos, scans
from tenant_apps.transfers.services import receiving
from tests.factories.organizations import NOW
from tests.tenant_apps.members.test_pictures import jpeg
from tests.tenant_apps.transfers.conftest import at, carry, incoming, online, sent

SISTER = "320303198501011234"
PDF = b"%PDF-1.7 invented"


def filled(member, actor) -> None:
    """An award, a relative with a number, a contact of the branch, a photo."""
    entries.add(
        member=member, kind=EntryKind.REWARD, began_on=dt.date(2025, 7, 1), actor=actor, now=NOW,
        data={"name": "优秀共产党员", "level": "本单位", "organ": "中共root"},
    )  # fmt: skip
    entries.add(
        member=member, kind=EntryKind.FAMILY, actor=actor, now=NOW,
        data={"relation": "配偶", "name": "林晓", "phone": "13911112222"},
    )  # fmt: skip
    entries.add(member=member, kind=EntryKind.NOTE, data={"text": "待谈话"}, actor=actor, now=NOW)
    photos.put(member=member, content=jpeg(), actor=actor, now=NOW)


def arrived(here, there, zeng):
    handover = sent(here, zeng, online(there))
    carry()
    return handover


def test_the_receiver_sees_what_comes_and_takes_it_into_the_file(here, there, zeng):
    filled(zeng, here.chief)
    zeng.refresh_from_db()
    handover = arrived(here, there, zeng)
    handover.refresh_from_db()
    told = ["家庭成员 1 条", "表彰奖励 1 条", "照片"]
    assert handover.preview["carried"] == told
    with at(there):
        came = incoming()
        assert came.preview["carried"] == told
        assert "13911112222" not in str(came.preview)
        receiving.accept(handover=came, branch=there.one, actor=there.chief, now=NOW)
        receiving.place(handover=incoming(), actor=there.chief, now=NOW)
        member = Member.objects.get()
        kept = {one.kind: one for one in Entry.objects.filter(member=member)}
        assert set(kept) == {"REWARD", "FAMILY"}, "a branch's own notes stay with the branch"
        assert kept["REWARD"].began_on == dt.date(2025, 7, 1)
        assert kept["FAMILY"].data["phone"] == "139****2222"
        assert entries.open_sealed(kept["FAMILY"]) == {"phone": "13911112222"}
        assert photos.read(member)[1] == "image/jpeg"
        assert Event.objects.get(code="member.entries_carried").data["count"] == 2
    assert Entry.objects.filter(member=zeng).count() == 3, "the sender's file stays whole"


def test_twice_is_once_and_what_cannot_be_is_left_out(here, zeng):
    filled(zeng, here.chief)
    carried = carrying.packed(zeng)
    assert carrying.take_in(member=zeng, carried=carried, actor=here.chief, now=NOW) == 0
    strange = {"entries": [{"kind": "SECRET", "data": {}}, {"kind": "REWARD", "data": {}},
                           {"kind": "NOTE", "data": {"text": "不随转"}}]}  # fmt: skip
    assert carrying.take_in(member=zeng, carried=strange, actor=here.chief, now=NOW) == 0
    assert carrying.told({}) == []


def test_a_photo_too_large_stays(here, zeng, monkeypatch):
    filled(zeng, here.chief)
    zeng.refresh_from_db()
    monkeypatch.setattr(carrying, "LARGEST_PHOTO", 10)
    assert carrying.packed(zeng)["photo"] == ""


def with_scans(member, actor, *contents) -> None:
    reward = Entry.objects.get(member=member, kind=EntryKind.REWARD)
    for number, content in enumerate(contents, 1):
        file = Upload(f"证书{number}.pdf", content)
        scans.attach(entry=reward, file=file, actor=actor, now=NOW)


def test_scans_go_along_listed_by_name_size_and_digest(here, there, zeng):
    filled(zeng, here.chief)
    with_scans(zeng, here.chief, PDF)
    arrived(here, there, zeng)
    with at(there):
        assert "附件 证书1.pdf（1 KB）" in incoming().preview["carried"]
        receiving.accept(handover=incoming(), branch=there.one, actor=there.chief, now=NOW)
        receiving.place(handover=incoming(), actor=there.chief, now=NOW)
        reward = Entry.objects.get(kind=EntryKind.REWARD)
        (scan,) = scans_of(reward)
        assert scans.read(entry=reward, mark=digest(PDF)) == (scan, PDF)
        assert scan.key.startswith(f"units/{there.unit.id}/"), "a file of the receiver's own"
        assert Event.objects.get(code="member.entries_carried").data["scans"] == 1


def test_a_damaged_scan_is_refused_before_anybody_is_accepted(here, there, zeng, monkeypatch):
    filled(zeng, here.chief)
    with_scans(zeng, here.chief, PDF)
    packed = carrying.packed(zeng)
    (row,) = [one for one in packed["entries"] if one["scans"]]
    carrying.refuse_damaged(packed)
    other = base64.b64encode(PDF[:-1] + b"?").decode()
    for wrong in ({"content": other}, {"content": "?"}, {"size": 1}, {"name": "证书.exe"}):
        damaged = {"entries": [{**row, "scans": [{**row["scans"][0], **wrong}]}]}
        with pytest.raises(carrying.ScanDamaged):
            carrying.refuse_damaged(damaged)
    monkeypatch.setattr(carrying, "digest", lambda content: "another")
    arrived(here, there, zeng)
    with at(there), pytest.raises(carrying.ScanDamaged, match=r"证书1\.pdf"):
        receiving.accept(handover=incoming(), branch=there.one, actor=there.chief, now=NOW)
    with at(there):
        assert incoming().state == "IN_TRANSIT" and not Member.objects.exists()


def test_scans_beyond_the_room_stay_and_that_is_told(here, zeng, monkeypatch):
    filled(zeng, here.chief)
    with_scans(zeng, here.chief, PDF + b"larger", PDF)
    monkeypatch.setattr(carrying, "LARGEST_SCANS", len(PDF) + 3)
    told = carrying.told(carrying.packed(zeng))
    assert "附件 证书2.pdf（1 KB）" in told
    assert "另有 1 个附件因超过大小没有随转，请以纸质件转交" in told


def test_a_refused_parcel_leaves_nothing_behind(here, there, zeng):
    filled(zeng, here.chief)
    arrived(here, there, zeng)
    with unit_context(there.unit.id):
        receiving.refuse(handover=incoming(), reason="非我单位人员", actor=there.chief, now=NOW)
        assert incoming().file_sealed is None
        assert not Entry.objects.exists()

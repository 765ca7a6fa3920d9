"""What of a file goes along beside the person: extended sets and the photo (rulebook 8.1)."""

from __future__ import annotations

import datetime as dt

from kernel.unit import unit_context
from tenant_apps.audit.models import Event
from tenant_apps.members.models import Entry, EntryKind, Member
from tenant_apps.members.services import carrying, entries, photos
from tenant_apps.transfers.services import receiving
from tests.factories.organizations import NOW
from tests.tenant_apps.members.test_pictures import jpeg
from tests.tenant_apps.transfers.conftest import at, carry, incoming, online, sent

SISTER = "320303198501011234"


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


def test_a_refused_parcel_leaves_nothing_behind(here, there, zeng):
    filled(zeng, here.chief)
    arrived(here, there, zeng)
    with unit_context(there.unit.id):
        receiving.refuse(handover=incoming(), reason="非我单位人员", actor=there.chief, now=NOW)
        assert incoming().file_sealed is None
        assert not Entry.objects.exists()

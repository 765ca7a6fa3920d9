"""A member's file: a photo, a relative's sealed number, a correction, a request with a proof."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from kernel.actor import Actor
from kernel.crypto import unit_cipher
from kernel.storage import unit_files
from tenant_apps.members.models import Correction, Entry, Member
from tenant_apps.members.services import filing
from tests.isolation import canaries
from tests.tenant_apps.members.test_pictures import jpeg

SHAPED = {
    "members.Entry.kind": lambda unit: "FAMILY",
    "members.Entry.year": lambda unit: None,
    "members.Entry.struck_at": lambda unit: None,
    "members.Correction.field": lambda unit: "native_place",
    "members.Correction.wanted": lambda unit: {},
    "members.Correction.sealed": lambda unit: None,
    "members.Correction.decided_at": lambda unit: None,
}


def furnish(side: Any, own: Any) -> None:
    word = side.mark.word
    photo = unit_files().save("photo.jpg", jpeg())
    Member.objects.update(photo_key=photo)
    numbers = json.dumps({"phone": f"{word}亲属电话"}, ensure_ascii=False)
    Entry.objects.filter(pk=side.planted_key("members.Entry")).update(
        member_id=own,
        data={"relation": "配偶", "name": f"{word}亲属", "phone": f"{word}遮"},
        sealed=unit_cipher().seal(numbers, column="members.secrets"),
    )
    proof = unit_files().save("proof.jpg", jpeg())
    Correction.objects.filter(pk=side.planted_key("members.Correction")).update(
        member_id=own, wanted={"value": f"{word}籍贯"}, file_key=proof
    )
    member = Member.objects.get(pk=own)
    filing.correct(
        member=member,
        sheet=replace(filing.sheet_of(member), workplace=f"{word}单位"),
        reason=f"{word}依据",
        actor=Actor.system("isolation"),
        today=canaries.NOW.date(),
        now=canaries.NOW,
    )

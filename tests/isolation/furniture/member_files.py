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
    "members.Entry.scans": lambda unit: [],
    "members.Correction.field": lambda unit: "native_place",
    "members.Correction.wanted": lambda unit: {},
    "members.Correction.sealed": lambda unit: None,
    "members.Correction.decided_at": lambda unit: None,
}


def furnish(side: Any, own: Any) -> None:
    word = side.mark.word
    photo = unit_files().save("photo.jpg", jpeg())
    Member.objects.filter(pk__in=side.members.values()).update(photo_key=photo)
    numbers = json.dumps({"phone": f"{word}亲属电话"}, ensure_ascii=False)
    Entry.objects.filter(pk=side.planted_key("members.Entry")).update(
        member_id=own,
        data={"relation": "配偶", "name": f"{word}亲属", "phone": f"{word}遮"},
        sealed=unit_cipher().seal(numbers, column="members.secrets"),
        scans=[
            {
                "key": unit_files().save("scan.pdf", f"%PDF {word}".encode()), "size": 9,
                "name": f"{word}证书.pdf", "digest": "1",
            },
        ],
    )  # fmt: skip
    planted = Correction.objects.filter(pk=side.planted_key("members.Correction"))
    planted.update(member_id=own, wanted={"value": f"{word}籍贯"})
    Correction.objects.create(
        member_id=own, field="joined_place", wanted={"value": f"{word}支部"}, old=f"{word}原支部",
        reason=f"{word}理由", file_key=unit_files().save("proof.jpg", jpeg()),
        file_name=f"{word}.jpg", asked_at=canaries.NOW,
    )  # fmt: skip
    member = Member.objects.get(pk=own)
    filing.correct(
        member=member,
        sheet=replace(filing.sheet_of(member), workplace=f"{word}单位"),
        reason=f"{word}依据",
        actor=Actor.system("isolation"),
        today=canaries.NOW.date(),
        now=canaries.NOW,
    )

"""Files that came in and went out: an update in review with its rows, and an order of a set."""

from __future__ import annotations

import json
from typing import Any

from kernel.crypto import unit_cipher
from onboarding.exchange.checking import Fault
from onboarding.services import files, update_report
from tenant_apps.members.models import Export, Update, UpdateRow
from tests import cast

_PLACE = "000100010001"
SHAPED = {
    "members.Update.kind": lambda unit: "SET",
    "members.Update.source": lambda unit: "member_2017",
    "members.Update.state": lambda unit: "REVIEW",
    "members.Update.roles": lambda unit: [["", ""]],
    "members.Update.counts": lambda unit: {"rows": 1, "CHANGE": 1},
    "members.UpdateRow.fields": lambda unit: {},
    "members.UpdateRow.kind": lambda unit: "CHANGE",
}


def furnish(side: Any, own: Any) -> None:
    word = side.mark.word
    admin = cast.person(f"{word}unit_admin-unit_admin--{side.label}")
    planted = Update.objects.get(pk=side.planted_key("members.Update"))
    report = update_report.pack([Fault(2, f"{word}列", "missing", f"{word}值")], [f"{word}未知列"])
    Update.objects.create(  # beside the planted one, whose keys keep the mark
        kind="SET", source="member_2017", state="REVIEW", file_name=f"{word}名册.csv",
        roles=[["", ""]], report_key=files.keep("update-report", report),
        refused_key=files.keep("update-refused", f"{word}退回".encode()),
        requested_by=admin.id, requested_by_name=f"{word}甲", requested_at=planted.requested_at,
    )  # fmt: skip
    sealed = json.dumps({"phone": ["", f"{word}电话"]}, ensure_ascii=False)
    UpdateRow.objects.filter(pk=side.planted_key("members.UpdateRow")).update(
        member_id=side.members[_PLACE],
        org_id=side.orgs[_PLACE].id,
        fields={"workplace": ["", f"{word}单位"], "phone": ["", f"{word}遮"]},
        sealed=unit_cipher().seal(sealed, column="members.secrets"),
    )
    order = {
        "set": "member_2017", "title": f"{word}交换集", "form": "csv", "mapping": "2026.1",
        "dictionary": "2026.1", "since": "", "with_departed": False, "is_full": True,
        "reason": f"{word}事由",
    }  # fmt: skip
    Export.objects.create(
        requested_by=admin.id, requested_by_name=f"{word}甲", requested_at=planted.requested_at,
        roles=[["", ""]], order=order, state="AWAITING", total=1, file_name=f"{word}交换.zip",
    )  # fmt: skip

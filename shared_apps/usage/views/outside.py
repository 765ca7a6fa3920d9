"""平台看到了我们什么: for the unit's administrators, everything that left, as it was sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse

from kernel import clock
from kernel.clock import BEIJING
from kernel.unit import current_unit, shared_context
from kernel.web.views import Page
from shared_apps.usage import selectors
from shared_apps.usage.models import Report
from shared_apps.usage.permissions import UsagePermission
from shared_apps.usage.selectors.outside import REPORTS_SHOWN, as_data, outside
from shared_apps.usage.selectors.wording import NUMBERS, OPERATORS

KINDS: Final[Mapping[str, str]] = {
    "organizations": "党组织", "members": "党员", "activations": "激活", "imports": "名册导入",
    "sign_ins": "党员登录", "bills": "账单", "payments": "交费", "state": "开通状态",
}  # fmt: skip
_LABELS: Final = {(one.kind, one.name): one for one in NUMBERS}


class WhatThePlatformSees(Page):
    """Every field in words, its value outside, the last reports."""

    permission = UsagePermission.OUTSIDE_VIEW
    template_name = "usage/outside.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        unit = current_unit()
        found = outside(unit.id)
        with shared_context():
            as_of = selectors.as_of()
        return self.render(
            title="平台看到了我们什么",
            crumbs=[{"label": "管理", "url": ""}, {"label": "平台看到了我们什么", "url": ""}],
            as_of=as_of,
            found=found,
            who=OPERATORS,
            kept=REPORTS_SHOWN,
            reports=[
                {
                    "row": row,
                    "kind": KINDS[row.kind],
                    "words": words_of(row),
                    "raw": json.dumps(row.numbers, ensure_ascii=False, sort_keys=True),
                }
                for row in found.reports
            ],
            is_few=found.total is not None and selectors.shown(found.total.members) is None,
        )


class DownloadOutside(Page):
    """The same as JSON, with the reports exactly as they were sent."""

    permission = UsagePermission.OUTSIDE_VIEW

    def get(self, request: HttpRequest) -> HttpResponse:
        unit = current_unit()
        now = clock.now()
        content = json.dumps(as_data(outside(unit.id), now=now), ensure_ascii=False, indent=2)
        response = HttpResponse(content, content_type="application/json")
        name = quote(f"平台看到的数据-{unit.name}-{now.astimezone(BEIJING):%Y%m%d}.json")
        response["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
        response["Cache-Control"] = "no-store"
        return response


def words_of(report: Report) -> str:
    """A report's numbers in words: 账单数 +3，应交党费 +38700 分."""
    parts = []
    for name, value in sorted(report.numbers.items()):
        number = _LABELS[report.kind, name]
        if name == "month":
            parts.append(f"{value // 100} 年 {value % 100} 月")
        elif report.kind == "state":
            parts.append(f"{number.label} {value}")
        else:
            parts.append(f"{number.label} {value:+,}" + (" 分" if number.form == "fen" else ""))
    return "，".join(parts)

"""``gongjian onboard FILE --unit NAME``: opens a unit from its roster without the browser."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from kernel import clock
from kernel.actor import Actor
from kernel.errors import DomainError
from kernel.money import yuan
from onboarding.services import direct, labels


class Command(BaseCommand):
    help = "Open a client unit from its roster (.xlsx, .xls, .csv), or add to one of that name."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="the unit's roster")
        parser.add_argument("--unit", required=True, help="the unit's name")
        parser.add_argument("--credit-code", default="", help="its 统一社会信用代码, if known")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        path: Path = options["file"]
        if not path.is_file():
            self._refuse("file_missing", f"没有找到文件 {path.name}。", is_json=options["json"])
        try:
            now = clock.now()
            opened = direct.open_unit(
                registered=direct.stand_in(
                    name=options["unit"].strip(), credit_code=options["credit_code"], now=now
                ),
                filename=path.name,
                content=path.read_bytes(),
                actor=Actor.system("命令行"),
                now=now,
            )
        except DomainError as refused:
            self._refuse(refused.code, refused.message, is_json=options["json"])
        seconds = round(time.monotonic() - started, 3)
        self._print(opened, seconds, is_json=options["json"])

    def _print(self, opened: direct.Opened, seconds: float, *, is_json: bool) -> None:
        if is_json:
            rejected = [
                {
                    "sheet": one.sheet, "row": one.row, "column": one.column, "rule": one.rule,
                    "value": one.value, "message": one.message,
                }
                for one in opened.rejections
            ]  # fmt: skip
            result = {
                "unit": opened.unit.name,
                "host": labels.host_of(opened.unit.label),
                "organisations": opened.organisations,
                "accepted": opened.accepted,
                "rejected": rejected,
                "monthly_dues_fen": opened.monthly_dues_fen,
                "seconds": seconds,
            }
            self.stdout.write(json.dumps(result, ensure_ascii=False))
            return
        self.stdout.write(
            f"{opened.unit.name}：{opened.organisations} 个组织，{opened.accepted} 名党员，"
            f"{len(opened.rejections)} 行退回，月党费 {yuan(opened.monthly_dues_fen)} 元。\n"
            f"地址 {labels.address_of(opened.unit.label)}，用时 {seconds:.1f} 秒。"
        )
        for one in opened.rejections:
            self.stdout.write(f"  {one.sheet} 第 {one.row} 行 {one.column}：{one.message}")

    def _refuse(self, code: str, message: str, *, is_json: bool) -> None:
        if is_json:
            error = {"error": {"code": code, "message": message}}
            self.stdout.write(json.dumps(error, ensure_ascii=False))
        self.stderr.write(message)
        sys.exit(2)

"""``gongjian unit WORD UNIT FILE``: one unit as one file, and back.

    export UNIT FILE    write a backup; with --passphrase-file a full export for elsewhere
    verify FILE         check signature, key and every entry; changes nothing
    restore UNIT FILE   bring the unit back to the archive; can be undone for seven days
    undo UNIT           put back what was in force before the last restore
    import UNIT FILE    fill a unit that has no rows yet from a full export

UNIT is the label, the credit code or the id.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any, BinaryIO, Final
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser

from kernel import clock
from kernel.actor import Actor
from kernel.errors import DomainError, Invalid
from tenants import selectors
from tenants.archive import reading, signature
from tenants.archive.locks import with_passphrase
from tenants.models import Unit
from tenants.services import archives, restores, undoing

REFUSED: Final = 2
_WORDS: Final = ("export", "verify", "restore", "undo", "import")


class FileMissing(Invalid):
    code = "file_missing"
    sentence = "没有找到文件 {name}。"


class FileThere(Invalid):
    code = "file_exists"
    sentence = "{name} 已存在，不会覆盖。请换一个文件名。"


class UnitNeeded(Invalid):
    code = "unit_needed"
    sentence = "请给出单位（访问地址、统一社会信用代码或编号）和文件。"


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        parser.add_argument("word", choices=_WORDS)
        parser.add_argument("names", nargs="*", metavar="UNIT FILE")
        parser.add_argument("--passphrase-file", type=Path, help="its first line is the passphrase")
        parser.add_argument("--signed-by", default="", help="public key of the other platform")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        self._is_json: bool = options["json"]
        self._shown = 0.0
        began = time.monotonic()
        try:
            told = getattr(self, f"_{options['word']}")(options)
        except DomainError as refused:
            self._refuse(refused)
            return
        told["seconds"] = round(time.monotonic() - began, 3)
        if self._is_json:
            self.stdout.write(json.dumps(told, ensure_ascii=False))
            return
        for name, value in told.items():
            self.stdout.write(f"{name:12} {value}")

    def _export(self, options: dict[str, Any]) -> dict[str, Any]:
        unit, path = self._unit_and_file(options)
        passphrase = _passphrase(options)
        lock = with_passphrase(passphrase) if passphrase else None
        if path.exists():
            raise FileThere(name=path.name)
        waiting = path.with_name(path.name + ".part")
        try:
            with archives.enough_room(), _private(waiting) as target:
                written = archives.export(
                    unit=unit, target=target, actor=_actor(), now=clock.now(), lock=lock,
                    progress=self._progress,
                )  # fmt: skip
                os.fsync(target.fileno())
            waiting.rename(path)
        finally:
            waiting.unlink(missing_ok=True)
        return {
            "unit": unit.name, "file": str(path), "rows": written.rows, "files": written.files,
            "bytes": written.bytes, "sm3": written.digest, "schema_step": written.schema_step,
            "public_key": signature.public_key(),
        }  # fmt: skip

    def _verify(self, options: dict[str, Any]) -> dict[str, Any]:
        names = options["names"]
        path = Path(names[-1]) if names else Path()
        with (
            _reading(path) as source,
            reading.opened(
                source, passphrase=_passphrase(options), trusted=options["signed_by"]
            ) as archive,
        ):
            return {
                "unit": archive.unit_name, "unit_id": str(archive.unit_id), "form": archive.form,
                "made_at": archive.made_at, "made_by": archive.made_by, "rows": archive.rows,
                "files": len(archive.contents.names("files/")), "bytes": archive.size,
                "sm3": archive.digest, "schema_step": archive.schema_step,
                "public_key": archive.signer,
            }  # fmt: skip

    def _restore(self, options: dict[str, Any]) -> dict[str, Any]:
        unit, path = self._unit_and_file(options)
        with _reading(path) as source:
            done = restores.restore_from_file(
                unit=unit,
                source=source,
                passphrase=_passphrase(options),
                actor=_actor(),
                now=clock.now(),
            )
        return _told(unit, done)

    def _import(self, options: dict[str, Any]) -> dict[str, Any]:
        unit, path = self._unit_and_file(options)
        with _reading(path) as source:
            done = archives.take_in(
                unit=unit,
                source=source,
                passphrase=_passphrase(options),
                trusted=options["signed_by"],
                actor=_actor(),
                now=clock.now(),
            )
        return _told(unit, done)

    def _undo(self, options: dict[str, Any]) -> dict[str, Any]:
        if len(options["names"]) != 1:
            raise UnitNeeded
        unit = _unit(options["names"][0])
        restore = restores.last_of(unit_id=unit.id)
        undoing.undo_on_server(restore=restore, actor=_actor(), now=clock.now())
        return {"unit": unit.name, "undone": str(restore.id)}

    def _unit_and_file(self, options: dict[str, Any]) -> tuple[Unit, Path]:
        if len(options["names"]) != 2:
            raise UnitNeeded
        return _unit(options["names"][0]), Path(options["names"][1])

    def _progress(self, done: int, total: int) -> None:
        if not self._is_json and time.monotonic() - self._shown > 0.5:
            self._shown = time.monotonic()
            self.stderr.write(f"{done}/{total}")

    def _refuse(self, refused: DomainError) -> None:
        if self._is_json:
            error = {"error": {"code": refused.code, "message": refused.message}}
            self.stdout.write(json.dumps(error, ensure_ascii=False))
        self.stderr.write(refused.message)
        sys.exit(REFUSED)


def _told(unit: Unit, done: archives.Restored) -> dict[str, Any]:
    return {
        "unit": unit.name, "rows": sum(done.rows.values()), "tables": done.rows,
        "files": done.files, "schema_step": done.step, "sm3": done.digest,
    }  # fmt: skip


def _unit(name: str) -> Unit:
    try:
        return selectors.unit_by_id(UUID(name))
    except ValueError:
        unit = selectors.unit_by_credit_code(name.upper()) or selectors.unit_by_label(name)
    if unit is None:
        raise selectors.UnknownUnit
    return unit


def _reading(path: Path) -> BinaryIO:
    if not path.is_file():
        raise FileMissing(name=path.name)
    return path.open("rb")


def _passphrase(options: dict[str, Any]) -> str:
    path: Path | None = options["passphrase_file"]
    if path is None:
        return ""
    with _reading(path) as source:
        return source.readline().decode().rstrip("\r\n")


def _private(path: Path) -> BinaryIO:
    """A new file that nobody else on the machine can read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")


def _actor() -> Actor:
    return Actor.system("unit 命令")

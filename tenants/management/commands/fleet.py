"""``gongjian fleet WORD``: migration waves over all units, from the command line."""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandParser

from kernel import clock
from kernel.actor import Actor
from kernel.errors import DomainError
from tenants import ledger
from tenants.rollout import Stage, Wave, WaveState
from tenants.services import drift, runner, waves

ENDED: Final = 0
STOPPED: Final = 3
"""Exit code when the wave is paused, or schemas differ: somebody has to look."""
_WORDS: Final = {
    "migrate": "bring every unit that is behind up to the newest step; again goes on",
    "status": "say where the wave is",
    "plan": "write the wave's ledger without starting it",
    "resume": "go on with a paused wave; what failed is tried again",
    "pause": "take no further unit",
    "drift": "compare every schema with the template",
}


class Command(BaseCommand):
    help = __doc__
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        parser.epilog = "\n".join(f"  {word:9}{said}" for word, said in _WORDS.items())
        parser.add_argument("word", choices=_WORDS)
        parser.add_argument("--json", action="store_true", help="one JSON document, no progress")

    def handle(self, *args: Any, **options: Any) -> None:
        self._is_json = options["json"]
        self._told_at = 0.0
        try:
            told, code = getattr(self, f"_{options['word']}")()
        except DomainError as error:
            told, code = {"error": error.code, "message": error.message}, STOPPED
        self.stdout.write(json.dumps(told, ensure_ascii=False) if self._is_json else _prose(told))
        if code:
            sys.exit(code)

    @property
    def _actor(self) -> Actor:
        return Actor.system("fleet 命令")

    def _plan(self) -> tuple[dict[str, Any], int]:
        return _told(waves.plan(actor=self._actor, now=clock.now())), ENDED

    def _migrate(self) -> tuple[dict[str, Any], int]:
        wave = waves.plan(actor=self._actor, now=clock.now())
        if wave is None:
            return _told(None), ENDED
        if wave.state == WaveState.PAUSED:
            return _told(wave), STOPPED
        return self._run(wave)

    def _resume(self) -> tuple[dict[str, Any], int]:
        wave = waves.unfinished()
        return self._run(wave) if wave else (_told(None), ENDED)

    def _run(self, wave: Wave) -> tuple[dict[str, Any], int]:
        waves.start(wave_id=wave.pk, actor=self._actor, now=clock.now())
        wave = runner.work(wave_id=wave.pk, watcher=None if self._is_json else self._watch)
        return _told(wave), ENDED if wave.state == WaveState.DONE else STOPPED

    def _pause(self) -> tuple[dict[str, Any], int]:
        wave = waves.unfinished()
        if wave is not None:
            waves.pause(wave_id=wave.pk, reason="由命令行暂停", actor=self._actor, now=clock.now())
            wave.refresh_from_db()
        return _told(wave), ENDED

    def _status(self) -> tuple[dict[str, Any], int]:
        return _told(waves.unfinished() or ledger.latest()), ENDED

    def _drift(self) -> tuple[dict[str, Any], int]:
        found = drift.check(now=clock.now())
        return found._asdict(), STOPPED if found.different else ENDED

    def _watch(self, at: runner.Progress) -> None:
        """A line at most twice a second, and the last one."""
        if time.monotonic() - self._told_at < 0.5 and at.through < at.total:
            return
        self._told_at = time.monotonic()
        stage = Stage(at.stage).label if at.stage else "全部阶段"
        self.stdout.write(f"{stage}  {at.through} / {at.total}")


def _told(wave: Wave | None) -> dict[str, Any]:
    """The wave with its counts by stage; without one, that nothing is behind."""
    if wave is None:
        return {"wave": None, "behind": waves.behind().count()}
    stages = [
        {
            "stage": stage.label,
            "total": stage.total,
            "done": stage.done,
            "failed": stage.failed,
            "skipped": stage.skipped,
        }
        for stage in ledger.stages_of(wave.pk)
    ]
    return {
        "wave": wave.number,
        "state": wave.state,
        "to": wave.to_version,
        "reason": wave.reason,
        "stages": stages,
        "behind": waves.behind().count(),
    }


def _prose(told: dict[str, Any]) -> str:
    if "message" in told:
        return str(told["message"])
    if "compared" in told:
        return (
            f"核对 {told['compared']} 个单位，{told['different']} 个与模板不一致；"
            f"{told['behind']} 个尚未升级，升级后再核对。"
        )
    if told["wave"] is None:
        return "所有单位都是最新结构，没有要做的。"
    lines = [f"波次 {told['wave']}  {WaveState(told['state']).label}  → {told['to']}"]
    lines += [
        f"  {s['stage']:6}  {s['done']} / {s['total']}  失败 {s['failed']}  跳过 {s['skipped']}"
        for s in told["stages"]
    ]
    if told["reason"]:
        lines.append(f"  原因：{told['reason']}")
    return "\n".join(lines)

"""Throw-away releases: migrations added to a unit app for the length of a test."""

from __future__ import annotations

import importlib
import shutil
import sys
import uuid
from pathlib import Path

from django.conf import settings

from tenants import versions

APP = "audit"
_FRAME = """\
from django.db import migrations, models
from django.db.migrations.operations.base import Operation


class Migration(migrations.Migration):
    dependencies = [("{app}", "{after}")]
    {marks}
    operations = [{operations}]
"""


class Releases:
    """The app's real migrations, to which a test may add its own, one after the other."""

    def __init__(self, folder: Path, app: str = APP) -> None:
        self.app = app
        self._package = f"released_{uuid.uuid4().hex[:8]}"
        self._folder = folder / self._package
        real = settings.ROOT / "tenant_apps" / app / "migrations"
        shutil.copytree(real, self._folder, ignore=shutil.ignore_patterns("__pycache__"))
        self._last = self._newest()
        self._before = dict(settings.MIGRATION_MODULES)
        self._path = str(folder)
        sys.path.insert(0, self._path)
        settings.MIGRATION_MODULES = {**self._before, app: self._package}

    @property
    def package(self) -> str:
        """``app:package``, for a process that reads the same migrations."""
        return f"{self.app}:{self._package}"

    def add(self, operations: str, *, marks: str = "") -> str:
        """Writes the next migration with these operations; returns its name in the template."""
        number = int(self._last[:4]) + 1
        name = f"{number:04d}_step"
        self.write(name, operations, after=self._last, marks=marks)
        self._last = name
        return f"{self.app}.{name}"

    def write(self, name: str, operations: str, *, after: str, marks: str = "") -> None:
        text = _FRAME.format(app=self.app, after=after, operations=operations, marks=marks)
        (self._folder / f"{name}.py").write_text(text, encoding="utf-8")
        self.forget()

    def read(self, name: str) -> str:
        return (self._folder / f"{name.partition('.')[2]}.py").read_text(encoding="utf-8")

    def overwrite(self, name: str, text: str) -> None:
        (self._folder / f"{name.partition('.')[2]}.py").write_text(text, encoding="utf-8")
        self.forget()

    def remove(self, name: str) -> None:
        (self._folder / f"{name.partition('.')[2]}.py").unlink()
        self._last = self._newest()
        self.forget()

    def _newest(self) -> str:
        return max(path.stem for path in self._folder.glob("0*.py"))

    def forget(self) -> None:
        """Lets the files be read again."""
        for module in [m for m in sys.modules if m.partition(".")[0] == self._package]:
            del sys.modules[module]
        shutil.rmtree(self._folder / "__pycache__", ignore_errors=True)
        importlib.invalidate_caches()
        versions.too_old.cache_clear()

    def end(self) -> None:
        settings.MIGRATION_MODULES = self._before
        self.forget()
        sys.path.remove(self._path)

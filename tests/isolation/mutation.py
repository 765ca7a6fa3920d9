"""Takes one control away at a time and shows that the battery turns red.

A mutant names a function and the words of its source that are the control, with what stands there
once it is gone.  The function is compiled anew and its code replaced in place, so that every name
bound to it is changed with it; afterwards it is as before.  A control whose words are no longer
there fails loudly: whoever rewrites one has to say here what removes it.
"""

from __future__ import annotations
import __future__

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from tests.isolation.findings import Enough, Findings

Probe = Callable[..., None]


@dataclass(frozen=True)
class Mutant:
    """``target`` is ``module:Class.function``; ``was`` is the control, ``now`` its absence.

    ``where`` narrows the probes of pages.  Where two controls stand behind each other, ``and_``
    takes away the second one too: alone, neither can be missed.
    """

    target: str
    was: str
    now: str
    probes: tuple[Probe, ...]
    where: str = ""
    and_: tuple[tuple[str, str, str], ...] = ()

    @property
    def name(self) -> str:
        return f"{self.target} · {self.was[:60]}"

    @contextmanager
    def applied(self) -> Iterator[None]:
        kept = []
        try:
            for target, was, now in ((self.target, self.was, self.now), *self.and_):
                function = _function(target)
                kept.append((function, function.__code__))
                function.__code__ = _compiled(function, was, now)
            yield
        finally:
            for function, code in reversed(kept):
                function.__code__ = code


@dataclass(frozen=True)
class Statement:
    """A control of the database, taken away by SQL in the transaction of the probe."""

    name: str
    sql: str
    probes: tuple[Probe, ...]


def _function(target: str) -> Any:
    module, _, path = target.partition(":")
    owner: Any = import_module(module)
    *outer, name = path.split(".")
    for part in outer:
        owner = getattr(owner, part)
    found = inspect.getattr_static(owner, name)
    if isinstance(found, property):
        found = found.fget
    if isinstance(found, staticmethod | classmethod):
        found = found.__func__
    return inspect.unwrap(found)


def _compiled(function: Any, was: str, now: str) -> Any:
    """The function's code with ``now`` in place of ``was``."""
    source = textwrap.dedent(inspect.getsource(function))
    if source.count(was) < 1:
        raise LookupError(f"{function.__qualname__} no longer says {was!r}")
    tree = ast.parse(source.replace(was, now))
    definition: Any = tree.body[0]
    definition.decorator_list = []
    names = function.__code__.co_freevars
    if names:
        outer = ast.parse(f"def outer({', '.join(names)}):\n    pass\n    return {definition.name}")
        outer.body[0].body[0] = definition  # type: ignore[attr-defined]
        tree = ast.fix_missing_locations(outer)
    flags = __future__.annotations.compiler_flag
    space: dict[str, Any] = dict(vars(inspect.getmodule(function)))
    exec(compile(tree, inspect.getfile(function), "exec", flags, dont_inherit=True), space)
    if names:
        made = space["outer"](*([None] * len(names)))
    else:
        made = space[definition.name]
    return made.__code__


def red_cell(run: Callable[[Probe, Findings], None], mutant: Mutant) -> str:
    """The first leak that the mutant's probes see while it is applied; nothing if it survives."""
    for probe in mutant.probes:
        found = Findings(where=mutant.where, is_hasty=True)
        with mutant.applied(), suppress(Enough):
            run(probe, found)
        if found.leaks:
            return found.leaks[0]
    return ""

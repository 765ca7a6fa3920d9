"""The evaluator of permissions.  Each app states its own table; this module only reads them.

A table maps a permission to alternatives; an alternative is a tuple of predicates that must
all hold.  What no table names is refused.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final, TypeAlias

from .actor import Actor
from .errors import Forbidden

Predicate: TypeAlias = Callable[[Actor, Any], bool]
Alternatives: TypeAlias = tuple[tuple[Predicate, ...], ...]
Policy: TypeAlias = Mapping[StrEnum, Alternatives]


class Public(StrEnum):
    """The one way to say that a page or endpoint asks for no permission."""

    PUBLIC = "public"


PUBLIC: Final = Public.PUBLIC

_table: dict[str, Alternatives] = {}


def register(policy: Policy) -> None:
    """Adds an app's table; the same permission twice is a mistake in the code."""
    for permission, alternatives in policy.items():
        if permission.value in _table and _table[permission.value] is not alternatives:
            raise RuntimeError(f"permission {permission.value} is declared twice")
        _table[permission.value] = alternatives


def table() -> Mapping[str, Alternatives]:
    """Every permission known to the product, for the readable page and the policy tests."""
    return dict(sorted(_table.items()))


def check_view(view: type) -> None:
    """Raises TypeError for a view that declares no permission or leaves an abstract method open.

    Called where the class is made, so that such a view stops the start and not a request.
    """
    name = f"{view.__module__}.{view.__qualname__}"
    if not isinstance(getattr(view, "permission", None), StrEnum):
        raise TypeError(f"{name} declares no permission")
    members = ((one, inspect.getattr_static(view, one)) for one in dir(view))
    left = [one for one, member in members if getattr(member, "__isabstractmethod__", False)]
    if left:
        raise TypeError(f"{name} leaves {', '.join(left)} open")


def role(*names: str) -> Predicate:
    """Holds one of these roles, in a sub-tree that covers ``on.org_path`` where that is known."""

    def holds_role(actor: Actor, on: Any) -> bool:
        path = getattr(on, "org_path", None)
        return any(
            holding.role in names and (path is None or holding.covers(path))
            for holding in actor.holdings
        )

    holds_role.roles = names  # type: ignore[attr-defined]  # read by the printed table
    return holds_role


def signed_in(actor: Actor, on: Any) -> bool:
    """Anybody who proved who they are."""
    return actor.is_signed_in


def is_self(actor: Actor, on: Any) -> bool:
    """The row is the actor's own."""
    return actor.member_id is not None and getattr(on, "member_id", None) == actor.member_id


def can(actor: Actor, permission: str, on: Any = None) -> bool:
    """Whether ``actor`` may do ``permission`` (to ``on``).  Unknown permissions are refused, and
    so is whatever lies beyond ``actor.only``, whichever roles are held.
    """
    if permission is PUBLIC:
        return True
    if actor.only is not None and str(permission) not in actor.only:
        return False
    return any(
        all(predicate(actor, on) for predicate in alternative)
        for alternative in _table.get(str(permission), ())
    )


def require(actor: Actor, permission: str, on: Any = None) -> None:
    """Raises Forbidden unless ``can``."""
    if not can(actor, permission, on):
        raise Forbidden(permission=str(permission))

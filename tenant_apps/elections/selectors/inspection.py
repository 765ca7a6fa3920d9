"""The discipline inspection commission (纪委): elected together with its committee, for the same
term, and an organisation of its own below it (rulebook 1.1).
"""

from __future__ import annotations

from typing import Any, Final

from kernel.actor import Actor
from tenant_apps.organizations import selectors as organizations

KIND: Final = "DISCIPLINE_COMMITTEE"
_WITH_ONE: Final = ("COMMITTEE", "ORGAN_COMMITTEE")
_LABEL: Final = 4
"""Characters of a path per level of the tree."""


def may_have(kind: str) -> bool:
    """Whether a body of this type elects a commission beside itself: party committees do."""
    return kind in _WITH_ONE


def commission_of(organization: Any) -> Any | None:
    """The commission directly below a committee."""
    found = organizations.organizations_visible_to(Actor.system("elections"))
    return found.filter(parent_id=organization.pk, kind=KIND).first()


def field_of(organization: Any) -> str:
    """Within which sub-tree those are who may hold a post: a commission has no members of its
    own, its people are those of the committee that it belongs to.
    """
    path = str(organization.path)
    return path[:-_LABEL] if organization.kind == KIND else path

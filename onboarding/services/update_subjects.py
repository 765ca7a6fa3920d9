"""Whom files are about: members, organisations, applicants; who writes their rows, in which words
a proposal is shown.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from onboarding.exchange import sets
from onboarding.services.applicant_updates import ApplicantWriter
from onboarding.services.organization_updates import OrganizationWriter
from tenant_apps.members.selectors.updates import Words
from tenant_apps.members.services import proposing

if TYPE_CHECKING:
    from tenant_apps.members.models import Update

IMPORTED: Final = ("member", "organization", "applicant")
_WRITERS: Final[dict[str, Callable[[], proposing.Writer]]] = {
    "organization": OrganizationWriter,
    "applicant": ApplicantWriter,
}
_MEMBER: Final = "member"


def connect() -> None:
    """Registers who writes rows about others than members; called once, in ``ready``."""
    for subject, writer in _WRITERS.items():
        for one in sets.for_subject(subject):
            proposing.register(one.name, writer())


def subject_of(update: Update) -> str:
    """member, organization or applicant."""
    if update.kind != "SET":
        return _MEMBER
    return sets.named(update.source).subject


def words_of(update: Update) -> Words | None:
    """How fields of a set about others are shown; None where the fields are a member's."""
    if subject_of(update) == _MEMBER:
        return None
    return {one.key: (one.heading, _words(one)) for one in sets.named(update.source).fields}


def _words(one: sets.Field) -> Callable[[Any], str]:
    table = one.table
    if table is None:
        return lambda value: str(value or "")
    return lambda value: table.label_of(str(value or ""))

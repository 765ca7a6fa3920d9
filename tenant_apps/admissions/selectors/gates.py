"""Gates: a case outside the actor's sub-trees does not exist for the actor."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from kernel.actor import Actor
from kernel.errors import NotFound
from kernel.permissions import require
from shared_apps.rules.selectors.admission_packs import admission_pack_named
from tenant_apps.access.selectors.neighbours import Standing
from tenant_apps.admissions.models import Case, Note, Paper, State
from tenant_apps.admissions.permissions import AdmissionPermission
from tenant_apps.admissions.selectors.committees import place_of
from tenant_apps.organizations import selectors as organizations

REPORT_PAPER = "thought_report"
"""The kind of a paper that is a thought report written by hand."""
_SEALED = ("identity_sealed", "identity_index", "phone_sealed", "phone_index")
OFFICES = ("unit_admin", "secretary")


class CaseNotFound(NotFound):
    code = "admission_not_found"
    sentence = "没有找到这份发展党员材料，可能不在您的管理范围内。"


class PaperNotFound(NotFound):
    code = "admission_paper_not_found"
    sentence = "没有找到这份材料，可能已被移除。"


class NoOwnCase(NotFound):
    code = "admission_no_own_case"
    sentence = "没有您的发展党员记录。如有疑问，请联系所在党支部。"


def cases_visible_to(actor: Actor) -> QuerySet[Case]:
    """The cases of the branches in the actor's sub-trees; sealed values are not loaded."""
    visible: QuerySet[Case] = Case.objects.filter(_in_scope(actor))
    return visible.select_related("org").defer(*_SEALED)


def case_for(actor: Actor, case_id: UUID, *, to: StrEnum) -> Case:
    """Loads and authorises.  Raises CaseNotFound outside the actor's sub-trees and Forbidden
    where it is seen but may not be done.
    """
    case = cases_visible_to(actor).filter(pk=case_id).first()
    if case is None:
        raise CaseNotFound
    if actor.kind != "job":
        require(actor, to, place_of(case) if to is AdmissionPermission.DECIDE else case)
    return case


def own_case(actor: Actor) -> Case:
    """The case by which the actor became a member here, or asks to; raises NoOwnCase."""
    own = Case.objects.filter(own_cases(actor)).select_related("org")
    found: Case | None = own.defer(*_SEALED).order_by("-created_at").first()
    if found is None:
        raise NoOwnCase
    return found


def own_cases(actor: Actor) -> Q:
    """The cases that are about the actor: nobody else's, and none of a stranger's."""
    if actor.member_id is not None:
        return Q(member_id=actor.member_id)
    if actor.applicant_id is not None:
        return Q(pk=actor.applicant_id, member_id=None)
    return Q(pk__in=())


def applicants(case_ids: Sequence[UUID]) -> dict[UUID, Standing]:
    """Fills ``access.selectors.neighbours.Applicants``: a case that goes on and made nobody a
    member yet lets its person in.
    """
    found = Case.objects.filter(pk__in=case_ids, state=State.OPEN, member_id=None)
    rows = found.values_list("id", "name", "org_path")
    return {pk: Standing(name, path) for pk, name, path in rows}


def own_paper_for(actor: Actor, paper_id: UUID) -> Paper:
    """A paper that the person handed in or brings by the rules; raises PaperNotFound for what
    the branch or the committee keeps about somebody, and for anybody else's.
    """
    case = own_case(actor)
    paper = Paper.objects.filter(pk=paper_id, case=case, struck_at=None).first()
    if paper is None or not is_own_paper(case, paper):
        raise PaperNotFound
    return paper


def is_own_paper(case: Case, paper: Paper) -> bool:
    """Whether the person may see it: a report, or a document that the person brings."""
    acts = admission_pack_named(case.act_version).acts.values()
    own = {one.key for act in acts for one in act.documents if one.is_own}
    return paper.kind in own | {REPORT_PAPER}


def paper_for(actor: Actor, paper_id: UUID, *, to: StrEnum) -> Paper:
    """A paper of a case that the actor may do ``to``.  Raises PaperNotFound, CaseNotFound."""
    paper = Paper.objects.select_related("case").filter(pk=paper_id).first()
    if paper is None:
        raise PaperNotFound
    case_for(actor, paper.case_id, to=to)
    return paper


def note_for(actor: Actor, note_id: UUID, *, to: StrEnum) -> Note:
    """A note of a case that the actor may do ``to``.  Raises CaseNotFound."""
    note = Note.objects.select_related("case").filter(pk=note_id).first()
    if note is None:
        raise CaseNotFound
    case_for(actor, note.case_id, to=to)
    return note


def open_cases(actor: Actor) -> QuerySet[Case]:
    return cases_visible_to(actor).filter(state=State.OPEN)


def branches_visible_to(actor: Actor) -> QuerySet[Any]:
    """Branches in which a case can be opened: those that hold formal relations."""
    found = organizations.organizations_visible_to(actor)
    return organizations.that_hold_members(found)


def _in_scope(actor: Actor) -> Q:
    wanted = Q(pk__in=())
    for scope in ("",) if actor.kind == "job" else actor.scopes(*OFFICES):
        if not scope:
            return Q()
        wanted |= Q(org_path__startswith=scope)
    return wanted

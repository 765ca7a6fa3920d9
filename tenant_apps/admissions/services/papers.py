"""Scans and files handed in for a step; kept among the unit's files."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from kernel.actor import Actor
from kernel.crypto import digest
from kernel.errors import Invalid
from kernel.papers import ACCEPTED, MOST_BYTES, Upload, problem_of
from kernel.storage import unit_files
from shared_apps.rules.selectors.admission_packs import admission_pack_named
from tenant_apps.admissions.models import Case, Paper
from tenant_apps.admissions.services import going

__all__ = ["ACCEPTED", "MOST_BYTES", "PaperRefused", "hand_in", "read", "strike"]


class PaperRefused(Invalid):
    code = "admission_paper_refused"
    sentence = "{problem}"


@transaction.atomic
def hand_in(
    *,
    case: Case,
    act: str,
    kind: str,
    title: str,
    file_name: str,
    content: bytes,
    actor: Actor,
    now: dt.datetime,
) -> Paper:
    """Keeps a file for an act of the case.  Raises PaperRefused for what is empty, too large, of
    another type than its name says, or for an act that the rules do not have.
    """
    held = going.locked(case, actor=actor)
    rule = admission_pack_named(held.act_version).acts.get(act)
    known = {one.key: one.label for one in rule.documents} if rule else {}
    if rule is None or (kind and kind not in known):
        raise PaperRefused(problem="没有这一步骤或这种材料。")
    upload = Upload(file_name, content)
    if problem := problem_of(upload):
        raise PaperRefused(problem=problem)
    paper: Paper = Paper.objects.create(
        case=held, act=act, kind=kind, title=(title.strip() or known.get(kind, rule.name))[:120],
        file_key=unit_files().save(f"admission{upload.suffix}", content),
        file_name=upload.bare_name, size=len(content), digest=digest(content),
        uploaded_at=now, uploaded_by=actor.person_id, uploaded_by_name=actor.name,
    )  # fmt: skip
    going.tell("admission.paper_added", held, actor=actor, now=now, paper=str(paper.pk), of=act)
    return paper


def read(paper: Paper) -> bytes:
    """The file as it was handed in."""
    return unit_files().read(paper.file_key)


@transaction.atomic
def strike(*, paper: Paper, actor: Actor, now: dt.datetime) -> Paper:
    """Takes a paper out that was handed in by mistake; row and file stay."""
    held = going.locked(paper.case, actor=actor)
    found: Paper = Paper.objects.select_for_update().get(pk=paper.pk)
    if found.struck_at is None:
        found.struck_at = now
        found.save(update_fields=["struck_at"])
        going.tell("admission.paper_struck", held, actor=actor, now=now, paper=str(found.pk))
    return found

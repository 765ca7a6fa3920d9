"""Scans and files handed in for a step; kept among the unit's files."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.db import transaction

from kernel.actor import Actor
from kernel.crypto import digest
from kernel.errors import Invalid
from kernel.papers import ACCEPTED, MOST_BYTES, Upload, problem_of
from kernel.storage import unit_files
from shared_apps.rules.selectors.admission_packs import admission_pack_named
from tenant_apps.admissions.models import Case, Paper
from tenant_apps.admissions.selectors.gates import REPORT_PAPER
from tenant_apps.admissions.services import going

__all__ = [
    "ACCEPTED", "MOST_BYTES", "PaperRefused", "Upload", "hand_in", "hand_in_own", "keep_report",
    "own_label", "read", "strike",
]  # fmt: skip
MOST_OWN: Final = 20
"""How many files of one document a person may hand in: pages that were taken one by one."""
MOST_REPORTS: Final = 60


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
    title = title.strip() or known.get(kind, rule.name)
    file = Upload(file_name, content)
    return _kept(held, act, kind, title=title, file=file, actor=actor, now=now)


@transaction.atomic
def hand_in_own(
    *, case: Case, act: str, kind: str, file: Upload, actor: Actor, now: dt.datetime
) -> Paper:
    """Keeps a document that the person brings, handed in on the phone on the own case only.

    Raises PaperRefused for what the branch or the committee makes, for an act that was not
    reached, and for too many of one kind.
    """
    held = going.locked_own(case, actor=actor)
    title = own_label(case=held, act=act, kind=kind)
    return _kept(held, act, kind, title=title, file=file, actor=actor, now=now, most=MOST_OWN)


def own_label(*, case: Case, act: str, kind: str) -> str:
    """What a document is called that the person may hand in now.  Raises PaperRefused."""
    rule = admission_pack_named(case.act_version).acts.get(act)
    own = {one.key: one.label for one in rule.documents if one.is_own} if rule else {}
    if kind not in own:
        raise PaperRefused(problem="这项材料由党组织办理，不用您上传。")
    if not going.is_reached(case, act):
        raise PaperRefused(problem="还没有办到这一步，到时再上传。")
    return own[kind]


def keep_report(*, case: Case, file: Upload, on: dt.date, actor: Actor, now: dt.datetime) -> Paper:
    """The scan of a thought report written by hand; the case is held by the caller."""
    return _kept(
        case, case.act, REPORT_PAPER, title=f"思想汇报 {on}", file=file, actor=actor, now=now,
        most=MOST_REPORTS,
    )  # fmt: skip


def _kept(
    case: Case, act: str, kind: str, *, title: str, file: Upload, actor: Actor, now: dt.datetime,
    most: int = 0,
) -> Paper:  # fmt: skip
    """Raises PaperRefused for what is no paper, and beyond ``most`` of a kind (0 is no limit)."""
    if problem := problem_of(file):
        raise PaperRefused(problem=problem)
    if most and case.papers.filter(kind=kind, struck_at=None).count() >= most:
        raise PaperRefused(problem=f"这项材料已上传 {most} 个文件，请联系党支部处理。")
    paper: Paper = Paper.objects.create(
        case=case, act=act, kind=kind, title=title[:120],
        file_key=unit_files().save(f"admission{file.suffix}", file.content),
        file_name=file.bare_name, size=len(file.content), digest=digest(file.content),
        uploaded_at=now, uploaded_by=actor.person_id, uploaded_by_name=actor.name,
    )  # fmt: skip
    going.tell("admission.paper_added", case, actor=actor, now=now, paper=str(paper.pk), of=act)
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

"""Scans and files handed in for a step; kept among the unit's files."""

from __future__ import annotations

import datetime as dt
from pathlib import PurePath
from typing import Final

from django.db import transaction

from kernel.actor import Actor
from kernel.crypto import digest
from kernel.errors import Invalid
from kernel.storage import unit_files
from shared_apps.rules.selectors.admission_packs import admission_pack_named
from tenant_apps.admissions.models import Case, Paper
from tenant_apps.admissions.services import going

MOST_BYTES: Final = 20 * 1024 * 1024
_BEGINNINGS: Final = {
    ".pdf": (b"%PDF-",),
    ".jpg": (b"\xff\xd8\xff",),
    ".jpeg": (b"\xff\xd8\xff",),
    ".png": (b"\x89PNG\r\n\x1a\n",),
    ".docx": (b"PK\x03\x04",),
    ".doc": (b"\xd0\xcf\x11\xe0",),
}
"""What files of a type begin with: a name alone proves nothing."""
ACCEPTED: Final = tuple(_BEGINNINGS)


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
    _check_file(file_name, content)
    paper: Paper = Paper.objects.create(
        case=held, act=act, kind=kind, title=(title.strip() or known.get(kind, rule.name))[:120],
        file_key=unit_files().save(f"admission{_suffix(file_name)}", content),
        file_name=PurePath(file_name).name[-120:], size=len(content), digest=digest(content),
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


def _check_file(file_name: str, content: bytes) -> None:
    beginnings = _BEGINNINGS.get(_suffix(file_name))
    if beginnings is None:
        raise PaperRefused(problem="请上传 PDF、Word 文档或 JPG、PNG 图片。")
    if not content:
        raise PaperRefused(problem="文件是空的，请重新选择。")
    if len(content) > MOST_BYTES:
        raise PaperRefused(problem=f"文件超过 {MOST_BYTES // 1024 // 1024} MB，请压缩后再上传。")
    if not content.startswith(beginnings):
        raise PaperRefused(problem="文件内容与扩展名不符，请用原来的程序另存后再上传。")


def _suffix(file_name: str) -> str:
    return PurePath(file_name).suffix.lower()

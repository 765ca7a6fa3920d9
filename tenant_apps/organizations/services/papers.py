"""Approval documents (批复文件): handed in with a decision, read from the history by right."""

from __future__ import annotations

import datetime as dt
from typing import Any

from kernel.actor import Actor
from kernel.crypto import digest
from kernel.errors import Invalid
from kernel.papers import Upload, problem_of
from kernel.storage import unit_files
from kernel.unit import may_write
from tenant_apps.audit.services import record
from tenant_apps.organizations.selectors.papers import Paper


class PaperRefused(Invalid):
    code = "organization_paper_refused"
    sentence = "{problem}"


def refuse(upload: Upload) -> None:
    """Raises PaperRefused for what is empty, too large, or another thing than its name says."""
    if problem := problem_of(upload):
        raise PaperRefused(problem=problem)


def keep(upload: Upload) -> dict[str, Any]:
    """Stores the file among the unit's; returns what the turns of its act say of it."""
    return {
        "key": unit_files().save(f"approval{upload.suffix}", upload.content),
        "name": upload.bare_name,
        "size": len(upload.content),
        "digest": digest(upload.content),
    }


def read(*, paper: Paper, actor: Actor, now: dt.datetime) -> bytes:
    """The file as it was handed in, with a record of who fetched it where the unit takes any."""
    if may_write():
        record(
            "organization.paper_read",
            actor=actor, now=now, subject_type="organization", subject_id=paper.org_id,
            act=str(paper.act), file=paper.name,
        )  # fmt: skip
    return unit_files().read(paper.key)

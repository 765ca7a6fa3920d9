"""Files to hand in, and people whose numbers are well-formed and nobody's."""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import replace
from itertools import count

from kernel.clock import now
from onboarding.roster.values import check_character
from onboarding.services import update_reading, update_sources
from tenant_apps.members.models import Member, Update, UpdateRow
from tenant_apps.members.services import applying, filing, restoring, updates
from tests.factories.members import make_member

_serial = count(1)
HEADINGS = [
    "姓名",
    "公民身份号码",
    "人员类别",
    "所在党支部",
    "学历",
    "民族",
    "联系电话",
    "工作岗位",
]


def identity(born: str = "19800101", *, male: bool = True) -> str:
    """A number with a right check digit; every call another."""
    hundreds, rest = divmod(next(_serial), 100)
    first = f"3203{hundreds + 1:02d}{born}{rest:02d}{1 if male else 2}"
    return first + check_character(first)


def somebody(org, name: str = "曾国强", **fields) -> Member:
    """A stored member with a well-formed number, kept on the object as ``number``."""
    number = fields.pop("identity_number", None) or identity()
    member = make_member(org, name, identity_number=number, **fields)
    member.number = number
    return member


def table(*rows: dict[str, str], headings: list[str] | None = None) -> bytes:
    """A CSV of the 2017 set's columns."""
    text = io.StringIO()
    writer = csv.DictWriter(text, headings or HEADINGS, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def line(member, org, **other: str) -> dict[str, str]:
    """The line of somebody as the file of that day has it."""
    return {
        "姓名": member.name,
        "公民身份号码": member.number,
        "人员类别": member.get_category_display(),
        "所在党支部": org.name,
        **other,
    }


def compared(actor, content: bytes, *, what: str = "member_2017", name: str = "名册.csv") -> Update:
    """Handed in and compared."""
    made = update_sources.hand_in(what=what, filename=name, content=content, actor=actor, now=now())
    update_reading.read(update_id=made.pk)
    made.refresh_from_db()
    return made


def applied(update: Update, actor, *, kind: str = "") -> Update:
    """Everything accepted and applied."""
    updates.decide(update=update, accept=True, row_ids=[], kind=kind, actor=actor)
    updates.confirm(update=update, actor=actor, now=now())
    applying.apply(update_id=update.pk)
    update.refresh_from_db()
    return update


def undone(update: Update, actor) -> Update:
    updates.undo(update=update, actor=actor, now=now())
    restoring.restore(update_id=update.pk)
    update.refresh_from_db()
    return update


def kinds(update: Update) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in UpdateRow.objects.filter(update_of=update):
        found[row.kind] = found.get(row.kind, 0) + 1
    return found


def days_later(days: int) -> dt.datetime:
    return now() + dt.timedelta(days=days)


def corrected(member: Member, actor, **values) -> None:
    """Somebody else corrects the file meanwhile."""
    member.refresh_from_db()
    filing.correct(
        member=member, sheet=replace(filing.sheet_of(member), **values), reason="核对原件",
        actor=actor, today=now().date(), now=now(),
    )  # fmt: skip

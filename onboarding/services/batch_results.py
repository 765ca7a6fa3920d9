"""Workbooks of a sheet of units: the template, the refused rows, the results, the links."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from django.db import transaction

from kernel.actor import Actor
from kernel.clock import BEIJING
from kernel.errors import Conflict, Forbidden
from kernel.sheets.writing import Heading, Workbook
from onboarding.models import Batch, BatchRow, Opening, RowState
from onboarding.services import batch_content, inviting, labels, registration
from onboarding.services.batch_sheet import COLUMNS, REASON
from shared_apps.people import selectors as people
from tenants.models import WORKING, Unit

_WIDTHS: Final = {"name": 30, "credit_code": 24, "region": 18, "contact_phone": 16}
_AGAIN: Final = (RowState.REFUSED, RowState.FAILED, RowState.STOPPED)


class NotYourBatch(Forbidden):
    code = "batch_links_of_another"
    sentence = "邀请链接只交给确认这一批的 {officer}。需要时可在单位页面重新生成。"


class NoLinks(Conflict):
    code = "batch_no_links"
    sentence = "这一批没有等待管理员接受邀请的单位。"


@dataclass(frozen=True, slots=True)
class Invitee:
    """The first administrator of a unit with the link that is shown this once."""

    unit: Unit
    name: str
    phone: str
    link: inviting.Link


def template() -> bytes:
    """The sheet to fill in, with an example row and what each column means."""
    with Workbook() as book:
        book.add_sheet("单位", [[column.example for column in COLUMNS]], headings=list(_headings()))
        book.add_sheet(
            "填写说明",
            [[column.title, column.note] for column in COLUMNS],
            headings=[Heading("列", 20), Heading("说明", 70)],
        )
    return book.content()


def to_correct(batch: Batch) -> bytes:
    """What was not opened, as it was written, with the reason in an added column that is not
    read when the sheet comes back.
    """
    with Workbook() as book:
        book.add_sheet(
            "单位",
            (
                [*(batch_content.written(row).cells[c.key] for c in COLUMNS), _reason(row)]
                for row in batch.rows.filter(state__in=_AGAIN)
            ),
            headings=[*_headings(), Heading(REASON, 50)],
            marked_columns=frozenset({len(COLUMNS)}),
        )
    return book.content()


def results(batch: Batch) -> bytes:
    """Every row with what came of it; no secrets."""
    with Workbook() as book:
        book.add_sheet(
            "开通结果",
            (
                [row.number, row.name, row.credit_code, RowState(row.state).label,
                 labels.address_of(row.unit.label) if row.unit else "", _reason(row)]
                for row in batch.rows.select_related("unit")
            ),
            headings=[
                Heading("行", 6), Heading("单位名称", 30), Heading("统一社会信用代码", 22),
                Heading("结果", 14), Heading("访问地址", 34), Heading("说明", 50),
            ],
        )  # fmt: skip
    return book.content()


def invite_all(*, batch: Batch, actor: Actor, now: dt.datetime) -> list[Invitee]:
    """New one-time links for the administrators who have not come yet.

    A link is a secret that is stored nowhere: doing it again makes the earlier ones worthless.
    Raises NotYourBatch, NoLinks.
    """
    if batch.confirmed_by is None or actor.person_id != batch.confirmed_by:
        raise NotYourBatch(officer=batch.confirmed_by_name or batch.uploaded_by_name)
    with transaction.atomic():
        invited = list(_invited(batch, actor, now))
        if not invited:
            raise NoLinks
        Batch.objects.filter(pk=batch.pk).update(links_taken_at=now)
    return invited


def links_workbook(invited: Iterable[Invitee]) -> bytes:
    """The links, to be handed to the units."""
    with Workbook() as book:
        book.add_sheet(
            "邀请链接",
            (
                [one.unit.name, labels.address_of(one.unit.label), one.name, one.phone,
                 one.link.url, one.link.expires_at.astimezone(BEIJING)]
                for one in invited
            ),
            headings=[
                Heading("单位名称", 30), Heading("访问地址", 34), Heading("管理员", 12),
                Heading("手机号", 14), Heading("邀请链接（一次有效）", 70), Heading("有效至", 18),
            ],
        )  # fmt: skip
    return book.content()


def _headings() -> Iterator[Heading]:
    for column in COLUMNS:
        yield Heading(column.title, _WIDTHS.get(column.key, 14))


def _reason(row: BatchRow) -> str:
    told = [f"{one['column']}：{one['message']}{one['remedy']}" for one in row.faults]
    return " ".join(told) or row.error_message


def _invited(batch: Batch, actor: Actor, now: dt.datetime) -> Iterator[Invitee]:
    opened = list(batch.rows.filter(state=RowState.DONE).values_list("unit_id", flat=True))
    waiting = set(opened) - people.units_with_administrator(opened)
    openings = Opening.objects.select_related("unit").filter(unit__state__in=WORKING)
    by_unit = openings.in_bulk(waiting, field_name="unit_id")
    for opening in (by_unit[unit_id] for unit_id in opened if unit_id in by_unit):
        link = inviting.invite(opening=opening, actor=actor, now=now)
        yield Invitee(opening.unit, *registration.contact_of(opening), link)

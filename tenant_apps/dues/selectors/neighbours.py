"""What dues add to the member list, to a member's file and to the tree of organisations."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from kernel.actor import Actor
from kernel.clock import Month, day_of
from kernel.money import yuan
from kernel.permissions import can
from tenant_apps.dues.models import Bill, BillState, Receipt, Standard
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors.standards import explain, standard_in_force
from tenant_apps.members.selectors import Cell
from tenant_apps.organizations.selectors import Effect, Residents

if TYPE_CHECKING:
    from tenant_apps.members.models import Member


_OWED = (BillState.UNPAID, BillState.DEFERRED)


class MonthlyStandard:
    """The column 「月标准」: what the member pays a month, the standard in force this year."""

    key = "standard"
    label = "月标准"
    is_numeric = True
    choices = ()
    tab = None

    def heading(self, *, today: dt.date) -> str:
        return self.label

    def is_visible_to(self, actor: Actor) -> bool:
        return can(actor, DuesPermission.STANDARD)

    def cells(self, member_ids: Sequence[UUID], *, today: dt.date) -> Mapping[UUID, Cell]:
        rows = Standard.objects.filter(member_id__in=member_ids, year=today.year, is_current=True)
        amounts = rows.values_list("member_id", "amount_fen")
        return {member_id: Cell(f"¥{yuan(fen)}") for member_id, fen in amounts if fen}

    def matching(self, choice: str, *, today: dt.date) -> Q:
        """It offers no choice to narrow by."""
        return Q()


class MonthsBill:
    """The column 「11 月党费」 with its filter and the tab 「本月未交党费」."""

    key = "bill"
    label = "本月党费"
    is_numeric = False
    choices = (
        ("unpaid", "未交"),
        ("paid", "已交"),
        ("exempt", "免交"),
        ("deferred", "缓交"),
        ("none", "未出账"),
    )
    tab = ("unpaid", "本月未交党费")

    def heading(self, *, today: dt.date) -> str:
        return f"{today.month} 月党费"

    def is_visible_to(self, actor: Actor) -> bool:
        return can(actor, DuesPermission.BROWSE)

    def cells(self, member_ids: Sequence[UUID], *, today: dt.date) -> Mapping[UUID, Cell]:
        """This month's state; older open months turn it into arrears."""
        month = Month.of(today).value
        rows = Bill.objects.filter(member_id__in=member_ids, month__lte=month).filter(
            Q(month=month) | Q(state=BillState.UNPAID)
        )
        owed: dict[UUID, int] = {}
        now: dict[UUID, str] = {}
        told: dict[UUID, dt.datetime] = {}
        found = rows.values_list("member_id", "month", "state", "reminded_at")
        for member_id, when, state, at in found:
            if state == BillState.UNPAID and when < month:
                owed[member_id] = owed.get(member_id, 0) + 1
            if when == month:
                now[member_id] = state
            if at is not None and state == BillState.UNPAID:
                told[member_id] = max(at, told.get(member_id, at))
        return {
            member_id: _cell(now.get(member_id), owed.get(member_id, 0), told.get(member_id))
            for member_id in {*now, *owed}
        }

    def matching(self, choice: str, *, today: dt.date) -> Q:
        """``NOT IN`` would hold the bills of the whole unit against every member."""
        bills = Bill.objects.filter(member_id=OuterRef("pk"), month=Month.of(today).value)
        if choice == "none":
            return Q(~Exists(bills))
        return Q(Exists(bills.filter(state=choice.upper())))


class DuesSection:
    """The part 「党费」 of a member's file: standard and the latest months."""

    key = "dues"
    heading = "党费"
    template_name = "dues/member_section.html"

    def context(self, member: Member, *, actor: Actor, today: dt.date) -> Mapping[str, Any] | None:
        if not can(actor, DuesPermission.STANDARD, member):
            return None
        standard = standard_in_force(member.pk, Month.of(today))
        return {
            "member": member,
            "standard": standard,
            "explanation": explain(standard) if standard else None,
            "bills": Bill.objects.filter(member_id=member.pk).order_by("-month")[:6],
        }


class PaidTo:
    """Up to which month a letter may say that dues are paid (rulebook 3.1 item 7)."""

    def paid_to(self, member_id: UUID) -> Month | None:
        """The last month before the first one that is owed, deferred ones included; exempt months
        count as settled.
        """
        bills = Bill.objects.filter(member_id=member_id)
        owed = bills.filter(state__in=_OWED).order_by("month").first()
        if owed is not None:
            bills = bills.filter(month__lt=owed.month)
        last = bills.order_by("-month").values_list("month", flat=True).first()
        return Month(last) if last else None

    def arrears(self, member_id: UUID) -> int:
        return Bill.objects.filter(member_id=member_id, state__in=_OWED).count()


class Bills(Residents):
    """Bills and receipts hang on organisations."""

    def effects(self, path: str) -> Sequence[Effect]:
        """Open bills stay with the organisation under which they were issued (rulebook 4.3)."""
        unpaid = Bill.objects.filter(org_path__startswith=path, state__in=_OWED).count()
        return [Effect("未交的党费账单（张）", unpaid, "仍记在出账时的组织，党员照常交纳")]

    def occupied(self, paths: Sequence[str]) -> set[str]:
        found = set(Bill.objects.filter(org__path__in=paths).values_list("org__path", flat=True))
        found |= set(
            Receipt.objects.filter(org__path__in=paths).values_list("org__path", flat=True)
        )
        return found


def _cell(state: str | None, owed: int, told: dt.datetime | None) -> Cell:
    reminded = f"{day_of(told):%m-%d} 已提醒" if told else ""
    if owed and state != BillState.PAID:
        return Cell(f"逾期 {owed} 个月", "overdue", reminded)
    if state is None:
        return Cell("未出账")
    note = f"另欠 {owed} 个月" if owed else reminded
    return Cell(BillState(state).label, state.lower(), note)

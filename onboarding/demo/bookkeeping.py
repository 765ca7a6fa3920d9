"""The treasury of the demo's first unit at work: an office handed over, dues swept up, an expense
paid and one that waits for the cashier, a return that waits for the second person, the year
published.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from kernel import clock
from kernel.actor import Actor, Holding
from kernel.unit import unit_context
from onboarding.demo.cast import PASSWORD, DemoUnit
from shared_apps.people import selectors as people
from shared_apps.people.services import staff
from shared_apps.settlement.selectors import account_in_force
from tenant_apps.access.services import grants
from tenant_apps.dues.selectors.books import standings
from tenant_apps.dues.selectors.chart import bank_account
from tenant_apps.organizations import selectors as organizations
from tenant_apps.organizations.selectors import KnownOrganization
from tenant_apps.treasury.selectors.sweeps import all_rules
from tenant_apps.treasury.services import handing, publishing, rules, sweeping, vouchers
from tenant_apps.treasury.services.rules import Terms
from tenant_apps.treasury.services.vouchers import Decided, Entry
from tenants.models import Unit


@dataclass(frozen=True, slots=True)
class Officer:
    """Somebody of the unit's office with a role over all of it; invented and public."""

    name: str
    label: str
    role: str
    phone: str
    secret: str


OFFICERS: Final = (
    Officer("陈思远", "党费管理员（会计）", "treasurer", "13905160011",
            "MNQXG2DJMVZGKZLEMUZXE3DEMNQXG2DJ"),
    Officer("吴晓岚", "党费出纳", "cashier", "13905160012", "NRQW45DFOJXGK43UNRQW45DFOJXGK43U"),
    Officer("高建军", "党委书记", "secretary", "13905160013", "ONSWG4TFORQXE6LTONSWG4TFORQXE6LT"),
)  # fmt: skip


def appoint(*, unit: Unit, now: dt.datetime) -> None:
    """Accounts and roles of those who keep the money; who has them already keeps them."""
    system = Actor.system("demo", unit_id=unit.id)
    for one in OFFICERS:
        person = staff.enrol_by_phone(
            phone=one.phone, password=PASSWORD, second_factor_secret=one.secret, actor=system,
            now=now,
        )  # fmt: skip
        with unit_context(unit.id):
            grants.grant(
                person_id=person.id, person_name=one.name, role=one.role, scope="", actor=system,
                now=now,
            )  # fmt: skip


def show(*, one: DemoUnit, unit: Unit, now: dt.datetime) -> None:
    """Once, and only where money has reached the unit's account."""
    office = {each.role: _actor(unit, each.name, each.phone, each.role) for each in OFFICERS}
    administrator = _actor(unit, one.contact, one.phone, "unit_admin")
    with unit_context(unit.id):
        if all_rules(administrator):
            return
        root = organizations.known_organizations()[0]
        _sweep(office["treasurer"], office["cashier"], administrator, now)
        _spend(root, office, administrator, unit.id, now)
        _hand_over(_actor(unit, one.contact, one.phone, "treasurer"), office, now)
        publishing.publish(
            year=clock.day_of(now).year,
            note="本年度党费收缴、使用和管理情况如下，欢迎监督。有疑问可以在本页留言，也可以联系党委组织部门。",
            actor=office["treasurer"],
            now=now,
        )


def _actor(unit: Unit, name: str, phone: str, role: str) -> Actor:
    person = people.person_by_account(phone)
    return Actor(
        kind="person", name=name, person_id=person.id if person else None, unit_id=unit.id,
        holdings=(Holding(role, ""),), is_second_factor_passed=True,
    )  # fmt: skip


def _sweep(treasurer: Actor, cashier: Actor, administrator: Actor, now: dt.datetime) -> None:
    """Every level hands up; one organisation keeps more, by a rule of its own."""
    places = organizations.known_organizations()
    for depth in sorted({len(place.path) // 4 for place in places} - {1}):
        terms = Terms("RATIO", 4_000 if depth == 2 else 10_000)
        rules.set_rule(direction="UP", depth=depth, terms=terms, actor=administrator, now=now)
    rules.set_rule(
        direction="DOWN", depth=1, terms=Terms("RATIO", 1_000), actor=administrator, now=now
    )
    first = clock.day_of(now).replace(day=1)
    rules.set_org_rule(
        direction="UP",
        place=next(place for place in places if len(place.path) == 8),
        covers_below=False,
        terms=Terms("RATIO", 2_000),
        first=first,
        last=None,
        actor=administrator,
        now=now,
    )
    period = {"first": first, "last": clock.day_of(now)}
    try:
        run = sweeping.plan(direction="UP", **period, actor=treasurer, now=now)
    except sweeping.NothingToMove:
        return
    sweeping.confirm(run=run, actor=administrator, now=now)
    for line in sorted(run.lines.all(), key=lambda one: -len(one.giver_path)):
        sweeping.take(line=line, actor=cashier, now=now)
    sweeping.plan(direction="DOWN", **period, actor=treasurer, now=now)


def _spend(
    root: KnownOrganization,
    office: dict[str, Actor],
    administrator: Actor,
    unit_id: UUID,
    now: dt.datetime,
) -> None:
    """Of what the outermost organisation holds: one expense paid, another ready to be paid."""
    today = clock.day_of(now)
    account, held = account_in_force(unit_id, today), standings(today, today).get(root.id)
    if account is None or held is None:
        return
    for tenths, use, summary, payee in (
        (2, "5002", "订购《中国共产党章程》学习读本", "新华书店彭城店"),
        (3, "5004", "走访慰问生活困难党员", "困难党员补助名单（6 人）"),
    ):
        made = vouchers.enter_expense(
            entry=Entry(
                org=root,
                bank=bank_account(account.pk),
                amount_fen=max(held.share_fen * tenths // 10 // 100 * 100, 100),
                happened_on=today,
                summary=summary,
                use=use,
                payee=payee,
            ),
            actor=office["treasurer"],
            now=now,
        )
        decided = Decided("党委会〔2026〕第 19 号会议纪要", today, 9)
        vouchers.decide(voucher=made, decided=decided, actor=office["treasurer"], now=now)
        vouchers.approve(voucher=made, actor=administrator, now=now)
        if use == "5002":
            vouchers.pay(voucher=made, actor=office["cashier"], now=now)


def _hand_over(before: Actor, office: dict[str, Actor], now: dt.datetime) -> None:
    """The administrator kept the dues until the treasurer came."""
    drawn = handing.draw(
        role="treasurer",
        place=None,
        note="空白党费收据一本、财务专用章一枚、网银盾一个，已当面点清。",
        actor=before,
        now=now,
    )
    handing.receive(handover=drawn, actor=office["treasurer"], now=now)
    handing.watch(handover=drawn, actor=office["secretary"], now=now)

"""The probe: every few minutes somebody who does not exist does what everybody does.

It registers a unit, imports five members, looks at the page, issues bills, pays the smallest
bill there is at the simulated channel, finds the receipt, and closes the unit again.  The unit
is marked synthetic from its first moment: it is in no list and in no figure, reports nothing,
and can be discarded at once; no unit of a client can be touched from here.
"""

from __future__ import annotations

import datetime as dt
import logging
import secrets
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final, cast
from uuid import UUID

from django.apps import apps
from django.db import transaction

from kernel import clock
from kernel.actor import Actor, Holding
from kernel.clock import Month
from kernel.errors import Conflict, DomainError, Unavailable
from kernel.jobs import job
from kernel.models import uuid7
from kernel.sheets.writing import Workbook
from kernel.unit import Purpose, unit_context
from onboarding.apps import OnboardingConfig
from onboarding.models import ImportState, RosterImport
from onboarding.roster.values import check_character
from onboarding.services import credit_codes, discarding, importing, labels, reading, registration
from shared_apps.payments.apps import PaymentsConfig
from shared_apps.payments.simulator import enrolment, tapping
from shared_apps.status.selectors import runs as read
from shared_apps.status.services import runs
from shared_apps.status.services.runs import Component, JourneyRun, Outcome
from tenant_apps.dues import selectors as dues
from tenant_apps.dues.selectors import bills, receipts
from tenant_apps.dues.services import billing, collection
from tenant_apps.members import selectors as members
from tenants import selectors as units
from tenants.models import Unit

ACTOR: Final = Actor.system("自动巡检")
PEOPLE: Final = ("巡检一", "巡检二", "巡检三", "巡检四", "巡检五")
NOBODY: Final = UUID(int=0)
_NOWHERE: Final = "710000"
"""The place in the identity numbers: none was ever given out for it on the mainland."""
_TIMEOUT: Final = 10
_LATER: Final = dt.timedelta(minutes=1)
_log = logging.getLogger(__name__)


class JourneyStuck(Conflict):
    code = "journey_stuck"
    sentence = "{what}"


class PageNotServed(Unavailable):
    code = "journey_page"
    sentence = "页面没有正常打开：{what}。"


class NotTried(Exception):
    """A step that is left out here; says why."""


@dataclass(slots=True)
class Journey:
    """What the steps hand on."""

    now: dt.datetime
    unit: Unit | None = None
    payer_id: UUID = NOBODY
    order_id: UUID | None = None
    amount_fen: int = 0
    number: int = field(default_factory=lambda: secrets.randbelow(10**6))

    @property
    def place(self) -> Unit:
        """The unit; a step that needs one runs only after it was opened."""
        if self.unit is None:
            raise JourneyStuck(what="没有巡检单位")
        return self.unit


@job(queue="bulk")
def run() -> None:
    """Looks every few seconds (``config.schedule``) whether a run was asked for or is due."""
    now = clock.now()
    config = _config()
    if read.last() is None and not _answers(config.probe_origin):
        return  # an installation that comes up for the first time has its worker before its web
    held = runs.begin(now=now, planned=len(STEPS), every=config.probe_every)
    if held is None:
        return
    discarding.sweep(now=now)
    runs.prune(now=now)
    _follow(held, now=now)


def travel(*, now: dt.datetime) -> JourneyRun | None:
    """One run at once; None while another one is under way."""
    held = runs.begin(now=now, planned=len(STEPS))
    return _follow(held, now=now) if held else None


def _follow(held: JourneyRun, *, now: dt.datetime) -> JourneyRun:
    """Goes through all steps, each kept at once.

    After a step that failed the others are left out, except that the unit is always taken away.
    """
    journey = Journey(now)
    failed = ""
    for position, (name, component, step) in enumerate(STEPS):
        if failed and step is not _close:
            done = runs.Done(name, component, Outcome.SKIPPED, 0, f"「{failed}」没有通过")
        else:
            done = _tried(name, component, step, journey)
        runs.note(run=held, position=position, done=done, now=clock.now())
        if done.outcome == Outcome.FAILED:
            failed = failed or name
    runs.finish(run=held, now=clock.now())
    return held


def _config() -> OnboardingConfig:
    return cast("OnboardingConfig", apps.get_app_config("onboarding"))


def _answers(origin: str) -> bool:
    """Whether the web is up; one that is not looked at counts as up."""
    if not origin:
        return True
    try:
        with urllib.request.urlopen(f"{origin}/livez", timeout=_TIMEOUT) as answer:  # noqa: S310
            return bool(answer.status == HTTPStatus.OK)
    except (urllib.error.URLError, OSError):
        return False


def _tried(
    name: str, component: Component, step: Callable[[Journey], None], journey: Journey
) -> runs.Done:
    began = time.monotonic()
    outcome, detail = Outcome.OK, ""
    try:
        step(journey)
    except NotTried as reason:
        outcome, detail = Outcome.SKIPPED, str(reason)
    except DomainError as refused:
        outcome, detail = Outcome.FAILED, refused.message
    except Exception as problem:  # noqa: BLE001 - the probe reports, whatever it met
        _log.exception("the probe's step %s broke", step.__name__)
        outcome, detail = Outcome.FAILED, type(problem).__name__
    return runs.Done(name, component, outcome, round(time.monotonic() - began, 3), detail)


def _open(journey: Journey) -> None:
    """Registers a unit and marks it in the same transaction."""
    number = f"{journey.now:%m%d%H%M}{journey.number:06d}"
    name = f"自动巡检单位{number}"
    today = clock.day_of(journey.now)
    wanted = registration.Registration(
        name=name,
        credit_code=credit_codes.provisional(name),
        region_code=credit_codes.PROVISIONAL_REGION,
        label=f"xunjian-{number}",
        contact_name="自动巡检",
        contact_phone="13800000000",
        agreed_on=today,
        agreement_ends_on=today + dt.timedelta(days=1),
        bank_branch="",
    )
    with transaction.atomic():
        opening = registration.register(registration=wanted, actor=ACTOR, now=journey.now)
        units.all_units().filter(pk=opening.unit_id).update(is_synthetic=True)
    journey.unit = units.unit_by_id(opening.unit_id)


def _import(journey: Journey) -> None:
    """Hands in a roster of five, has it read, confirms it and has it stored."""
    unit = journey.place
    row = reading.receive(
        unit=unit, filename="巡检名册.xlsx", content=_roster(journey), actor=ACTOR, now=journey.now
    )
    reading.read(import_id=row.id)
    read = RosterImport.objects.get(pk=row.id)
    if read.state != ImportState.REVIEW or read.accepted_count != len(PEOPLE):
        raise JourneyStuck(
            what=f"名册识别为「{ImportState(read.state).label}」，接受 {read.accepted_count} 人"
        )
    importing.approve(held=read, actor=ACTOR, now=clock.now())
    importing.store(import_id=row.id)
    stored = RosterImport.objects.get(pk=row.id)
    if stored.state != ImportState.DONE or stored.made_count != len(PEOPLE):
        raise JourneyStuck(
            what=f"导入为「{ImportState(stored.state).label}」，写入 {stored.made_count} 人"
        )
    journey.unit = units.unit_by_id(unit.pk)


def _visit(journey: Journey) -> None:
    """Asks the web for the unit's own sign-in page, as a browser would."""
    origin = _config().probe_origin
    if not origin:
        raise NotTried("未设置网页地址")
    request = urllib.request.Request(  # noqa: S310 - our own web, an address from the settings
        f"{origin}/sign-in/", headers={"Host": labels.host_of(journey.place.label)}
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310 - as above
            body = answer.read(200_000).decode("utf-8", "replace")
    except (urllib.error.URLError, OSError) as problem:
        raise PageNotServed(what=str(getattr(problem, "code", type(problem).__name__))) from problem
    if journey.place.name not in body:
        raise PageNotServed(what="不是本单位的页面")


def _bill(journey: Journey) -> None:
    """Issues the month's bills for all five and enters four exemptions: the one left is paid."""
    month = _month(journey)
    with unit_context(journey.place.pk):
        issued = billing.issue_month(month=month, actor=ACTOR, now=journey.now)
        if issued.count != len(PEOPLE):
            raise JourneyStuck(what=f"应生成 {len(PEOPLE)} 笔账单，实际 {issued.count} 笔")
        found = list(bills.bills_visible_to(ACTOR).order_by("due_fen", "pk"))
        officer = Actor(
            kind="job", name=ACTOR.name, unit_id=journey.place.pk, holdings=(Holding("unit_admin"),)
        )
        for bill in found[1:]:
            billing.exempt(
                bill=bill, reason="自动巡检", approved_by="自动巡检", actor=officer, now=journey.now
            )
    journey.payer_id, journey.amount_fen = found[0].member_id, found[0].due_fen


def _pay(journey: Journey) -> None:
    """Pays the smallest bill through an order; never at a real channel."""
    if not cast("PaymentsConfig", apps.get_app_config("payments")).is_simulated:
        _exempt_the_last(journey)
        raise NotTried("接入真实支付渠道，巡检不付款")
    unit = journey.place
    enrolment.enrol(unit_id=unit.pk, name=unit.name, now=journey.now)
    with unit_context(unit.pk):
        payer = members.members_visible_to(ACTOR).get(pk=journey.payer_id)
        actor = Actor(
            kind="person",
            name=payer.name,
            person_id=uuid7(),
            unit_id=unit.pk,
            member_id=payer.pk,
            holdings=(Holding("member", payer.org_path),),
        )
        order = collection.start_payment(
            member_id=payer.pk, months=[_month(journey)], actor=actor, now=journey.now
        )
        if not order.pay_url:
            raise JourneyStuck(what="支付渠道没有受理订单")
        if not tapping.pay(order.out_trade_no):
            raise JourneyStuck(what="支付渠道没有完成付款")
        followed = collection.follow(order=order, now=journey.now + _LATER)
        if not followed.is_paid:
            raise JourneyStuck(what="付款后订单没有入账")
    journey.order_id = order.pk


def _receipt(journey: Journey) -> None:
    """Finds the receipt of exactly this payment, and books that add up."""
    if journey.order_id is None:
        raise NotTried("没有付款，无收据可核对")
    with unit_context(journey.place.pk, for_=Purpose.READING):
        receipt = receipts.receipt_of_order(journey.order_id)
        if receipt is None or receipt.amount_fen != journey.amount_fen:
            raise JourneyStuck(what="没有找到与付款相符的收据")
        if dues.owed_by_unit().fen or dues.balance(dues.SUSPENSE):
            raise JourneyStuck(what="收款后账目不平")


def _close(journey: Journey) -> None:
    """Closes the unit along every step of a closing; what cannot be closed is scrapped."""
    if journey.unit is None:
        raise NotTried("没有开通单位")
    unit = units.unit_by_id(journey.unit.pk)
    try:
        discarding.close_down(unit=unit, now=clock.now())
    except DomainError:
        discarding.scrap(unit=unit, now=clock.now())
        raise


def _exempt_the_last(journey: Journey) -> None:
    officer = Actor(
        kind="job", name=ACTOR.name, unit_id=journey.place.pk, holdings=(Holding("unit_admin"),)
    )
    with unit_context(journey.place.pk):
        bill = bills.bills_visible_to(ACTOR).get(member_id=journey.payer_id)
        billing.exempt(
            bill=bill, reason="自动巡检", approved_by="自动巡检", actor=officer, now=journey.now
        )


def _month(journey: Journey) -> Month:
    return Month.of(clock.day_of(journey.now))


def _roster(journey: Journey) -> bytes:
    """Five people who cannot exist, on the lowest dues that the rules know."""
    heads: list[str] = ["姓名", "身份证号", "所在党支部", "入党日期", "转正日期", "交费类别"]
    people = [_person(place, journey) for place in range(len(PEOPLE))]
    with Workbook() as out:
        out.add_sheet("党员名册", [heads, *people])
    return out.content()


def _person(place: int, journey: Journey) -> list[str]:
    birthday = dt.date(1960, 1, 1) + dt.timedelta(days=(journey.number * 7 + place) % 14_000)
    first = f"{_NOWHERE}{birthday:%Y%m%d}{(journey.number + place) % 1000:03d}"
    return [
        PEOPLE[place], first + check_character(first), "巡检党支部", "2010-07-01", "2011-07-01",
        "低保",
    ]  # fmt: skip


STEPS: Final[tuple[tuple[str, Component, Callable[[Journey], None]], ...]] = (
    ("登记单位", Component.OPENING, _open),
    ("导入名册", Component.OPENING, _import),
    ("打开页面", Component.ACCESS, _visit),
    ("生成账单", Component.DUES, _bill),
    ("支付党费", Component.PAYMENT, _pay),
    ("核对收据", Component.DUES, _receipt),
    ("注销清理", Component.OPENING, _close),
)

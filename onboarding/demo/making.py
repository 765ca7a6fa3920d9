"""Making the demo through the same services that the pages call.  Doing it again adds nothing."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from kernel import clock
from kernel.actor import Actor, Holding
from kernel.clock import Month
from kernel.unit import unit_context
from onboarding.demo import (
    admissions,
    banking,
    bookkeeping,
    elections,
    files,
    living,
    operating,
    reconciling,
    records,
    settling,
    standings,
    statistics,
    transfers,
    tree,
)
from onboarding.demo.cast import PASSWORD, STAFF, UNITS, DemoUnit, Staff
from onboarding.services import credit_codes, direct, labels, reading, registration
from shared_apps.payments.simulator import enrolment
from shared_apps.people import selectors as people
from shared_apps.people.services import staff
from tenant_apps.access.services import grants
from tenant_apps.dues.services import billing
from tenants.models import Unit

ROSTERS: Final = Path(__file__).parent / "rosters"
_YEARS: Final = 3


def make() -> dict[str, Any]:
    """Staff, units, accounts, bills and some payments; returns what to tell about them."""
    now = clock.now()
    officers = {one.login: _enrol(one, now) for one in STAFF}
    outreach = officers["outreach"]
    notes: list[str] = []
    opened = [(one, _open(one, outreach, now)) for one in UNITS if one.is_opened]
    for one, unit in opened:
        _settle(one, unit, now, notes)
    settling.show(opened=opened, checker=officers["settler2"], now=now)
    reconciling.show(now=now)
    first, unit = opened[0]
    bookkeeping.appoint(unit=unit, now=now)
    if banking.show(maker=officers["settler"], checker=officers["settler2"], now=now):
        bookkeeping.show(one=first, unit=unit, now=now)
    transfers.make(units=[unit for _, unit in opened], now=now)
    statistics.report(unit=opened[0][1], now=now)
    for one in UNITS:
        if not one.is_opened:
            _leave_in_review(one, officers["outreach2"], now)
    operating.open_sheet(officer=outreach, now=now)
    operating.tell_of_an_incident(operator=officers["operator"], now=now)
    operating.run_the_night(drilled=opened[-1][1], now=now)
    return {
        "addresses": _addresses(opened),
        "accounts": _accounts(opened),
        "notes": list(dict.fromkeys(notes)),
    }


def _enrol(one: Staff, now: dt.datetime) -> Actor:
    person = people.person_by_account(one.login)
    if person is None:
        person = staff.enrol(
            login=one.login,
            display_name=one.name,
            password=PASSWORD,
            roles=[one.role],
            second_factor_secret=one.secret,
            actor=Actor.system("demo"),
            now=now,
        )
    return Actor(kind="person", name=one.name, person_id=person.id, holdings=(Holding(one.role),))


def _registration(one: DemoUnit, now: dt.datetime) -> registration.Registration:
    agreed = clock.day_of(now) - dt.timedelta(days=one.registered_days_ago)
    return registration.Registration(
        name=one.name,
        credit_code=one.code_body + credit_codes.check_character(one.code_body),
        region_code=one.region,
        label=one.label,
        contact_name=one.contact,
        contact_phone=one.phone,
        agreed_on=agreed,
        agreement_ends_on=agreed + dt.timedelta(days=365 * _YEARS),
        bank_branch=one.branch,
        profile=one.profile,
    )


def _open(one: DemoUnit, officer: Actor, now: dt.datetime) -> Unit:
    registered = _registration(one, now)
    direct.find_or_register(
        registered=registered,
        actor=officer,
        now=now - dt.timedelta(days=one.registered_days_ago),
    )
    return direct.open_unit(
        registered=registered,
        filename=one.roster,
        content=(ROSTERS / one.roster).read_bytes(),
        actor=officer,
        now=now,
    ).unit


def _settle(one: DemoUnit, unit: Unit, now: dt.datetime, notes: list[str]) -> None:
    """The administrator, the merchant account, two months of bills, members who sign in and pay."""
    person = staff.enrol_by_phone(
        phone=one.phone,
        password=PASSWORD,
        second_factor_secret=one.secret,
        actor=Actor.system("demo"),
        now=now,
    )
    enrolment.enrol(unit_id=unit.id, name=unit.name, now=now)
    system = Actor.system("demo", unit_id=unit.id)
    with unit_context(unit.id):
        grants.grant(
            person_id=person.id, person_name=one.contact, role="unit_admin", scope="",
            actor=system, now=now,
        )  # fmt: skip
        if one.activated_percent:
            for month in _months(now):
                billing.issue_month(month=month, actor=system, now=now)
    living.activate(unit=unit, percent=one.activated_percent, now=now)
    if one.activated_percent:
        tree.give_history(unit=unit, now=now)
        admissions.show(unit=unit, now=now)
    notes += living.pay(unit=unit, percent=one.paid_percent, months=_months(now), now=now)
    if one.activated_percent:
        elections.renew(unit=unit, now=now)
        tree.form_groups(unit=unit, now=now)
        files.show(unit=unit, now=now)
        records.keep(unit=unit, now=now)
        standings.give(unit=unit, now=now)


def _leave_in_review(one: DemoUnit, officer: Actor, now: dt.datetime) -> None:
    """A unit whose roster waits for an officer to look at the refused rows."""
    unit = direct.find_or_register(
        registered=_registration(one, now),
        actor=officer,
        now=now - dt.timedelta(days=one.registered_days_ago),
    )
    try:
        row = reading.receive(
            unit=unit,
            filename=one.roster,
            content=(ROSTERS / one.roster).read_bytes(),
            actor=officer,
            now=now,
        )
    except (reading.SameFile, reading.RosterInHand):
        return
    reading.read(import_id=row.id)


def _months(now: dt.datetime) -> list[Month]:
    """Last month and this one."""
    this = Month.of(clock.day_of(now))
    return [this - 1, this]


def _addresses(opened: list[tuple[DemoUnit, Unit]]) -> list[dict[str, str]]:
    addresses = [("console", "银行与平台控制台", labels.address_of("console"))]
    addresses += [(unit.label, unit.name, labels.address_of(unit.label)) for _, unit in opened]
    addresses += [
        ("m", "党员手机端", f"{labels.address_of('m')}/m/"),
        ("sms", "短信收件箱（模拟）", settings.SMSSIM_URL),
        ("pay", "支付渠道（模拟）", enrolment.console_link()),
    ]
    return [{"key": key, "name": name, "url": url} for key, name, url in addresses]


def _accounts(opened: list[tuple[DemoUnit, Unit]]) -> list[dict[str, str]]:
    console = f"{labels.address_of('console')}/sign-in/"
    accounts = [
        (f"{one.name}，{one.label}", console, one.login, PASSWORD, one.secret) for one in STAFF
    ]
    accounts += [
        (f"{one.contact}，{one.name}管理员", f"{labels.address_of(one.label)}/sign-in/",
         one.phone, PASSWORD, one.secret)
        for one, _ in opened
    ]  # fmt: skip
    first, unit = opened[0]
    accounts += [
        (f"{each.name}，{first.name}{each.label}", f"{labels.address_of(first.label)}/sign-in/",
         each.phone, PASSWORD, each.secret)
        for each in bookkeeping.OFFICERS
    ]  # fmt: skip
    for one, unit in opened[:2]:
        member = living.a_member_who_owes(unit=unit)
        if member is not None:
            accounts.append(
                (f"{member.name}，{one.name}党员", f"{labels.address_of('m')}/m/", member.phone,
                 "", "短信验证码，见短信收件箱")
            )  # fmt: skip
    applicant = admissions.APPLICANT
    accounts.append(
        (f"{applicant.name}，{opened[0][0].name}入党申请人",
         f"{labels.address_of('m')}/m/admission/", admissions.phone_of(applicant, opened[0][1]),
         "", "短信验证码，见短信收件箱")
    )  # fmt: skip
    keys = ("name", "url", "login", "password", "second_factor")
    return [dict(zip(keys, one, strict=True)) for one in accounts]

"""A fleet of units that have no schema: directory rows and what the platform knows of each."""

from __future__ import annotations

import datetime as dt
import random
from itertools import pairwise

from kernel.models import uuid7
from shared_apps.payments.models import Channel, ChannelConfig, Order, OrderState
from shared_apps.status.services import errors
from shared_apps.usage.models import Drift, UnitTotal
from tenants import regions
from tenants.archive.models import Backup, BackupKind, BackupState
from tenants.models import (
    Domain,
    TemplateStep,
    Transition,
    Unit,
    UnitProfile,
    UnitState,
    schema_name_of,
)
from tenants.rollout import DriftCause, DriftFinding

STEMS = (
    "水务",
    "供电",
    "港务",
    "交运",
    "建工",
    "农垦",
    "文旅",
    "粮储",
    "盐业",
    "公交",
    "热力",
    "城投",
)
TAILS = {
    UnitProfile.ENTERPRISE: "集团",
    UnitProfile.AGENCY: "管理局",
    UnitProfile.INSTITUTION: "服务中心",
    UnitProfile.SCHOOL: "职业学院",
    UnitProfile.VILLAGE: "村",
    UnitProfile.COMMUNITY: "社区",
    UnitProfile.NEW_ORGANIZATION: "行业协会",
}
STATES = (
    [UnitState.LIVE] * 80
    + [UnitState.TRIAL] * 8
    + [UnitState.OPENING] * 4
    + [UnitState.DRAFT] * 3
    + [UnitState.READ_ONLY] * 2
    + [UnitState.SUSPENDED] * 2
    + [UnitState.CLOSING]
)
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def make_fleet(count: int, *, now: dt.datetime, seed: int = 5) -> list[Unit]:
    """Units of every state in many regions, with totals, a few of them in each trouble."""
    chance = random.Random(seed)
    cities = [city for province in regions.provinces() for city in province.cities]
    step = TemplateStep.objects.order_by("-position").values_list("migration", flat=True)
    versions = [*step[:1]] * 12 + [*step[1:2]]
    units = [_unit(place, chance, cities, versions, now) for place in range(count)]
    Unit.objects.bulk_create(units, batch_size=2000)
    Unit.objects.filter(pk__in=[unit.pk for unit in units]).update(
        created_at=now - dt.timedelta(40)
    )
    serving = [unit for unit in units if unit.schema_version]
    UnitTotal.objects.bulk_create([_total(unit, chance, now) for unit in serving], batch_size=2000)
    DriftFinding.objects.bulk_create(
        [
            DriftFinding(
                unit_id=unit.pk,
                schema_name=unit.schema_name,
                cause=DriftCause.SHAPE,
                differences=[],
                found_at=now,
                checked_at=now,
            )
            for unit in chance.sample(serving, len(serving) // 150)
        ]
    )
    Drift.objects.bulk_create(
        [
            Drift(unit_id=unit.pk, unit_role=unit.schema_name, metric="members", kept=9, found=8,
                  at=now - dt.timedelta(hours=9))
            for unit in chance.sample(serving, len(serving) // 60)
        ]
    )  # fmt: skip
    Backup.objects.bulk_create([_backup(unit, chance, now) for unit in serving], batch_size=2000)
    Domain.objects.bulk_create(
        [Domain(domain=f"{unit.label}.test", tenant=unit, is_primary=True) for unit in units],
        batch_size=2000,
    )
    Transition.objects.bulk_create(
        [row for unit in serving for row in _transitions(unit)], batch_size=2000
    )
    for unit in chance.sample(serving, max(1, len(serving) // 80)):
        for _ in range(chance.randrange(1, 6)):
            errors.note(unit_id=unit.pk, now=now - dt.timedelta(days=chance.choice((0, 0, 3))))
    for unit in chance.sample(serving, max(1, len(serving) // 100)):
        settle_order(unit, chance.randrange(1_000, 90_000, 25), now=now)
    return units


def settle_order(unit: Unit, fen: int, *, now: dt.datetime, settled: dt.datetime | None = None):
    """A paid order that no report of the unit knows of."""
    config, _ = ChannelConfig.objects.get_or_create(
        unit_id=unit.pk,
        unit_role=unit.schema_name,
        channel=Channel.WECHAT,
        defaults={"created_at": now, "secrets_sealed": b"", "platform_public_key": ""},
    )
    moment = settled or now - dt.timedelta(hours=1)
    return Order.objects.create(
        unit_id=unit.pk,
        unit_role=unit.schema_name,
        config=config,
        out_trade_no=uuid7().hex,
        payer_person_id=uuid7(),
        payer_member_id=uuid7(),
        amount_fen=fen,
        state=OrderState.PAID,
        transaction_id=uuid7().hex,
        created_at=moment,
        expires_at=moment + dt.timedelta(minutes=30),
        paid_at=moment,
        settled_at=moment,
    )


def _unit(place, chance, cities, versions, now):
    profile = chance.choice(list(UnitProfile))
    state = chance.choice(STATES)
    city, name = chance.choice(cities)
    key = uuid7()
    is_open = state not in {UnitState.DRAFT, UnitState.OPENING}
    return Unit(
        id=key,
        schema_name=schema_name_of(key),
        name=f"{name.removesuffix('市')}{chance.choice(STEMS)}{TAILS[profile]}{place}",
        label=f"dw{place}-{chance.randrange(10**6)}",
        credit_code="91" + "".join(chance.choices(ALPHABET, k=16)),
        region_code=city,
        bank_branch=f"{name.removesuffix('市')}{chance.choice(('分行', '城中支行', '开发区支行'))}",
        profile=profile,
        state=state,
        schema_version=chance.choice(versions) if is_open else "",
        opened_at=now - dt.timedelta(days=chance.randrange(3, 700)) if is_open else None,
    )


def _backup(unit, chance, now):
    taken = now - dt.timedelta(hours=chance.choice((3, 4, 5, 6, 7, 8, 9, 10, 11, 90)))
    return Backup(
        unit=unit,
        kind=BackupKind.SCHEDULED,
        state=BackupState.DONE,
        requested_by_name="定时任务",
        requested_at=taken,
        finished_at=taken,
        storage_key="k",
        digest="d",
        bytes=chance.randrange(200_000, 9_000_000),
    )


def _transitions(unit):
    path = [UnitState.DRAFT, UnitState.OPENING, UnitState.TRIAL, UnitState.LIVE]
    if unit.state not in path:
        path.append(unit.state)
    return [
        Transition(
            unit=unit,
            number=number,
            was=was,
            to=to,
            reason="协议已签订" if to == UnitState.TRIAL else "",
            actor_name="沈岚",
            at=unit.opened_at + dt.timedelta(days=number),
        )
        for number, (was, to) in enumerate(pairwise(path), start=1)
    ]


def _total(unit, chance, now):
    members = chance.choice((3, 12, 60, 180, 420, 900, 2600))
    return UnitTotal(
        unit=unit,
        unit_role=unit.schema_name,
        organizations=max(1, members // 25),
        members=members,
        activated=members * chance.randrange(0, 100) // 100,
        storage_bytes=chance.randrange(2_000_000, 90_000_000),
        as_of=now - dt.timedelta(minutes=chance.choice((2, 30, 400, 3000, 20_000, 60_000))),
    )

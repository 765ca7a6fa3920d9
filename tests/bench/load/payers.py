"""Members who have just paid at the simulated channel: their orders here, its callbacks signed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from kernel import clock
from kernel.actor import Actor
from kernel.models import uuid7s
from kernel.unit import shared_context, unit_context
from shared_apps.payments.channels.base import MerchantAccount
from shared_apps.payments.models import Channel, ChannelConfig, Order, OrderItem, OrderState
from shared_apps.payments.services import accounts, numbers
from shared_apps.payments.simulator.books import Books
from shared_apps.payments.simulator.books import Order as AtChannel
from shared_apps.payments.simulator.clock import stamp
from shared_apps.payments.simulator.core import GatewayCore
from shared_apps.payments.simulator.keys import KeyStore
from shared_apps.payments.simulator.protocol import digits
from tenant_apps.dues.models import Bill, Standard
from tenant_apps.members.models import Category, Member
from tenant_apps.organizations.models import Organization
from tenants.models import Unit
from tests.database import open_unit
from tests.factories.dues import make_organization

FEN = 12_900
MONTH = 202611
HOST = "pay.test"
AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Payee:
    """A unit with its account at the channel."""

    unit: Unit
    config: ChannelConfig
    org: Organization
    channel: GatewayCore


def opened(count: int, folder: Path) -> list[Payee]:
    """So many units, each a merchant of one simulated channel."""
    store = KeyStore(folder / "paysim")
    channel = GatewayCore(store, Books())
    found = []
    for number in range(count):
        unit = open_unit(f"p{number}", credit_code=f"9132{number:014d}")
        material = store.merchant_material(str(unit.id), name=unit.name)
        account = MerchantAccount(**material, base_url="http://127.0.0.1:9")
        with shared_context():
            config = accounts.configure(
                unit_id=unit.id, channel=Channel.WECHAT, account=account,
                actor=Actor.system("bench"), now=clock.now(),
            )  # fmt: skip
        with unit_context(unit.id):
            org = make_organization("00010001")
        found.append(Payee(unit, config, org, channel))
    return found


def signed(payees: Sequence[Payee], count: int, port: int) -> list[bytes]:
    """So many callbacks of new payments, spread over the units, as they go over the wire."""
    requests: list[list[bytes]] = []
    for place, payee in enumerate(payees):
        share = count // len(payees) + (place < count % len(payees))
        with unit_context(payee.unit.id):
            orders = _orders(payee, share)
        requests.append([_request(payee, order, port) for order in orders])
    return list(_in_turns(requests))


def _in_turns(requests: list[list[bytes]]) -> Iterator[bytes]:
    for place in range(max(map(len, requests))):
        yield from (some[place] for some in requests if place < len(some))


def owing(org: Organization, count: int, *, month: int = MONTH) -> list[Bill]:
    """Bills of a month of so many new members of the organisation."""
    now = clock.now()
    people = Member.objects.bulk_create(_members(org, count, now), batch_size=AT_ONCE)
    standards = Standard.objects.bulk_create(
        (
            Standard(
                member=member, year=month // 100, category="WAGE", base_fen=860_000, rate_bp=150,
                raw_fen=FEN, amount_fen=FEN, pack="dues", pack_version="2017",
                effective_month=month, created_at=now,
            )
            for member in people
        ),
        batch_size=AT_ONCE,
    )  # fmt: skip
    return Bill.objects.bulk_create(
        (
            Bill(
                member_id=one.member_id, standard=one, month=month, org=org,
                org_path=org.path, due_fen=FEN, issued_at=now,
            )
            for one in standards
        ),
        batch_size=AT_ONCE,
    )  # fmt: skip


def _orders(payee: Payee, count: int) -> list[Order]:
    """Orders that wait for their payers, each over one bill of a new member."""
    now = clock.now()
    bills = owing(payee.org, count)
    shared = {"unit_id": payee.unit.id, "unit_role": payee.config.unit_role}
    orders = Order.objects.bulk_create(
        Order(
            **shared, config=payee.config,
            out_trade_no=numbers.new_number(now + place * dt.timedelta(milliseconds=1)),
            payer_person_id=bill.member_id, payer_member_id=bill.member_id, amount_fen=FEN,
            description="党费", state=OrderState.AWAITING, created_at=now,
            expires_at=now + dt.timedelta(hours=2), ask_at=now + dt.timedelta(hours=2),
        )
        for place, bill in enumerate(bills)
    )  # fmt: skip
    OrderItem.objects.bulk_create(
        OrderItem(**shared, order=order, bill_id=bill.id, amount_fen=FEN)
        for order, bill in zip(orders, bills, strict=True)
    )
    return orders


def _members(org: Organization, count: int, now: dt.datetime) -> Iterator[Member]:
    for key in uuid7s(count):
        yield Member(
            id=key, org=org, org_path=org.path, name="克莱", category=Category.FULL,
            joined_on=dt.date(2010, 7, 1), identity_sealed=b"sealed", identity_index=key.bytes,
            identity_masked="320***********4217", created_at=now,
        )  # fmt: skip


def _request(payee: Payee, order: Order, port: int) -> bytes:
    paid = AtChannel(
        mchid=payee.config.mchid, out_trade_no=order.out_trade_no, prepay_id=order.out_trade_no,
        kind="h5", appid=payee.config.appid, description=order.description,
        amount_fen=order.amount_fen, currency="CNY", notify_url=accounts.notify_url(payee.config),
        expires_at="", openid="o0", state="SUCCESS",
        transaction_id="4200" + digits(order.out_trade_no, 24), paid_at=stamp(clock.now()),
    )  # fmt: skip
    (event,) = uuid7s(1)
    message = payee.channel.callbacks.message(paid, f"EV-{event}")
    headers = {"Host": f"{HOST}:{port}", "Content-Length": len(message.body), **message.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST {urlsplit(message.url).path} HTTP/1.1\r\n{lines}\r\n".encode() + message.body

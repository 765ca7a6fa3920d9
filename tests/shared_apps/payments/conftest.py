"""One simulated channel per session (its keys are costly), fresh books and clock per test."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import responses

from shared_apps.payments.channels.base import MerchantAccount, PaymentRequest
from shared_apps.payments.channels.wechat import WeChatAdapter
from shared_apps.payments.channels.wechat_callback import WeChatCallbackReader
from shared_apps.payments.simulator.alipay_gateway import AlipayGateway
from shared_apps.payments.simulator.books import Books
from shared_apps.payments.simulator.clock import ScaledClock
from shared_apps.payments.simulator.core import GatewayCore
from shared_apps.payments.simulator.keys import KeyStore
from shared_apps.payments.simulator.skins import Heard
from tests.shared_apps.payments.bank_fixtures import (  # noqa: F401 - fixtures
    bank,
    bank_account,
    bank_adapter,
    bank_keys,
    bank_reader,
)
from tests.shared_apps.payments.simulator.skin import BASE_URL, answer_with

NOTIFY_URL = "https://pay.gongjian.test/pay/n/wechat/018f"


class Wall:
    """A wall clock that tests move by hand; it starts now, since signatures carry real time."""

    def __init__(self) -> None:
        self.moment = datetime.now(tz=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def pass_by(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class Mailbag:
    """Receives callbacks in place of a network; answers what `answers` says, 204 at its end."""

    def __init__(self) -> None:
        self.received: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: list[int] = []

    def __call__(self, url: str, headers: dict[str, str], body: bytes) -> Heard:
        self.received.append((url, headers, body))
        return Heard(self.answers.pop(0) if self.answers else 204)


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> KeyStore:
    return KeyStore(tmp_path_factory.mktemp("paysim"))


@pytest.fixture(scope="session")
def account(store: KeyStore) -> MerchantAccount:
    material = store.merchant_material("unit alpha", name="晨光机械党委")
    return MerchantAccount(**material, base_url=BASE_URL)


@pytest.fixture(scope="session")
def other_account(store: KeyStore) -> MerchantAccount:
    material = store.merchant_material("unit beta", name="河湾镇党委")
    return MerchantAccount(**material, base_url=BASE_URL)


@pytest.fixture(scope="session")
def alipay_account(store: KeyStore) -> MerchantAccount:
    material = store.alipay_material("unit alpha", name="晨光机械党委")
    return MerchantAccount(**material, base_url=BASE_URL)


@pytest.fixture
def wall() -> Wall:
    return Wall()


@pytest.fixture
def mailbag() -> Mailbag:
    return Mailbag()


@pytest.fixture
def core(store: KeyStore, wall: Wall, mailbag: Mailbag) -> Iterator[GatewayCore]:
    books = Books()
    core = GatewayCore(
        store,
        books,
        clock=ScaledClock(wall),
        post=mailbag,
        public_url=BASE_URL,
        sleep=wall.pass_by,
    )
    core.add(AlipayGateway(core))
    yield core
    books.close()


@pytest.fixture
def channel(core: GatewayCore) -> Iterator[responses.RequestsMock]:
    """Requests to the simulated channel reach the core; any other address is refused."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        answer_with(core, mock)
        yield mock


@pytest.fixture
def adapter(account: MerchantAccount, channel: responses.RequestsMock) -> WeChatAdapter:
    return WeChatAdapter(account)


@pytest.fixture
def reader(account: MerchantAccount) -> WeChatCallbackReader:
    return WeChatCallbackReader(account)


@pytest.fixture
def request_for(wall: Wall):
    def build(out_trade_no: str = "GJ0000000000000A", amount_fen: int = 3600) -> PaymentRequest:
        return PaymentRequest(
            out_trade_no=out_trade_no,
            description="党费 2026 年 11 月",
            amount_fen=amount_fen,
            created_at=wall(),
            expires_at=wall() + timedelta(minutes=20),
            notify_url=NOTIFY_URL,
            payer_ip="192.0.2.7",
        )

    return build

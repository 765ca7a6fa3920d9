"""One simulated bank per session: its keys are costly."""

from __future__ import annotations

import pytest

from shared_apps.payments.channels.bank import BankAdapter
from shared_apps.payments.channels.bank_callback import BankCallbackReader
from shared_apps.payments.channels.base import MerchantAccount
from shared_apps.payments.simulator.bank import BankGateway
from shared_apps.payments.simulator.bank_keys import BankKeys
from tests.shared_apps.payments.simulator.skin import BASE_URL


@pytest.fixture(scope="session")
def bank_keys(tmp_path_factory: pytest.TempPathFactory) -> BankKeys:
    return BankKeys(tmp_path_factory.mktemp("bank"))


@pytest.fixture(scope="session")
def bank_account(bank_keys: BankKeys) -> MerchantAccount:
    material = bank_keys.merchant_material("unit alpha", name="晨光机械党委")
    return MerchantAccount(**material, base_url=BASE_URL)


@pytest.fixture
def bank(core, bank_keys: BankKeys) -> BankGateway:
    """The bank's gateway, beside the other channels on the same books."""
    gateway = BankGateway(core, bank_keys)
    core.add(gateway)
    return gateway


@pytest.fixture
def bank_adapter(bank_account, bank, channel) -> BankAdapter:
    return BankAdapter(bank_account)


@pytest.fixture
def bank_reader(bank_account) -> BankCallbackReader:
    return BankCallbackReader(bank_account)

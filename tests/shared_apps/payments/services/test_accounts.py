"""A unit's account with the channel: who may store it, how its keys are kept."""

from __future__ import annotations

import dataclasses

import pytest
from django.db import DatabaseError, transaction

from kernel import permissions
from kernel.actor import Actor, Holding
from kernel.errors import Forbidden
from kernel.models import uuid7
from kernel.unit import shared_context, unit_context
from shared_apps.payments import selectors
from shared_apps.payments.models import ChannelConfig
from shared_apps.payments.permissions import PaymentPermission
from shared_apps.payments.services import accounts
from shared_apps.payments.simulator.enrolment import enrol
from shared_apps.payments.simulator.keys import KeyStore
from tests.shared_apps.payments.services.conftest import SYSTEM


def admin_of(unit) -> Actor:
    return Actor(
        kind="person",
        person_id=uuid7(),
        unit_id=unit.id,
        member_id=uuid7(),
        holdings=(Holding("unit_admin"),),
    )


def test_keys_are_sealed_and_open_again(config, account):
    sealed = bytes(config.secrets_sealed)
    assert account.apiv3_key.encode() not in sealed
    assert b"PRIVATE KEY" not in sealed
    assert accounts.account_of(config) == account


def test_storing_the_same_again_changes_nothing(config, account, alpha, wall):
    with shared_context():
        again = accounts.configure(unit_id=alpha.id, account=account, actor=SYSTEM, now=wall())
    assert again.pk == config.pk


def test_the_channels_address_may_move(config, account, alpha, wall):
    """Orders under way follow to the new address: the account, its keys and its path stay."""
    moved = dataclasses.replace(account, base_url="https://backup.channel.test")
    with shared_context():
        same = accounts.configure(unit_id=alpha.id, account=moved, actor=SYSTEM, now=wall())
    assert (same.pk, same.uid, same.base_url) == (config.pk, config.uid, moved.base_url)


def test_a_demo_unit_becomes_a_merchant_of_the_simulator(alpha, wall, tmp_path, settings):
    settings.DATA = tmp_path
    settings.PAYSIM_URL = "http://127.0.0.1:8091/"
    with shared_context():
        config = enrol(unit_id=alpha.id, name="晨光机械党委", now=wall())
        settings.PAYSIM_URL = "http://127.0.0.1:8099"
        assert enrol(unit_id=alpha.id, name="晨光机械党委", now=wall()) == config
    assert selectors.active_config(alpha.id).base_url == "http://127.0.0.1:8099"
    merchant = KeyStore(tmp_path / "paysim").merchant(config.mchid)
    assert (merchant.name, merchant.serial) == ("晨光机械党委", config.merchant_serial)


def test_another_account_replaces_it(config, account, alpha, wall):
    changed = dataclasses.replace(account, merchant_serial="AB" * 20)
    with shared_context():
        new = accounts.configure(unit_id=alpha.id, account=changed, actor=SYSTEM, now=wall())
        assert not ChannelConfig.objects.get(pk=config.pk).is_active
    assert selectors.active_config(alpha.id) == new
    assert new.uid != config.uid


def test_an_unusable_account_is_named(alpha, account, wall):
    with shared_context(), pytest.raises(accounts.ChannelMaterialUnusable, match="apiv3_key"):
        accounts.configure(
            unit_id=alpha.id,
            account=dataclasses.replace(account, apiv3_key="short"),
            actor=SYSTEM,
            now=wall(),
        )
    assert not selectors.accepts_payments(alpha.id)


def test_the_units_administrator_may_and_others_may_not(alpha, account, wall):
    assert permissions.can(admin_of(alpha), PaymentPermission.CHANNEL_CONFIGURE)
    operator = Actor(kind="person", person_id=uuid7(), holdings=(Holding("operator"),))
    with shared_context():
        accounts.configure(unit_id=alpha.id, account=account, actor=admin_of(alpha), now=wall())
        for actor in (operator, Actor()):
            with pytest.raises(Forbidden):
                accounts.configure(unit_id=alpha.id, account=account, actor=actor, now=wall())


def test_beta_sees_nothing_of_alphas_account(config, beta):
    with unit_context(beta.id):
        assert not ChannelConfig.objects.exists()
        assert selectors.configs_by_uid([config.uid]) == {}


def test_a_unit_cannot_change_its_own_account_row(config, alpha):
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        ChannelConfig.objects.filter(pk=config.pk).update(base_url="https://thief.test")


def test_the_notify_address_is_a_path_without_a_query(config):
    url = accounts.notify_url(config)
    assert url.endswith(f"/pay/n/wechat/{config.uid}")
    assert "?" not in url

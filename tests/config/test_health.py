"""Health answers on every host, honestly; how it knows is told to the machine and the token."""

import json

import pytest
from django.core.cache import cache
from django.db import connections

from config import broker, health

TOKEN = {"authorization": "Bearer let-me-see"}
OUTSIDE = {"REMOTE_ADDR": "203.0.113.9"}


@pytest.fixture
def token(settings):
    settings.METRICS_TOKEN = "let-me-see"


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["console.test", "alpha.test", "127.0.0.1", "nowhere.test"])
@pytest.mark.parametrize("address", ["/livez", "/readyz"])
def test_health_answers_everywhere(client, host, address):
    client.cookies["gongjian"] = "a-stale-token"
    response = client.get(address, headers={"host": host})
    assert response.status_code == 200


@pytest.mark.django_db
def test_an_unknown_host_says_so(client):
    response = client.get("/", headers={"host": "nowhere.test"})
    assert response.status_code == 404
    assert "没有找到这个单位" in response.content.decode()


@pytest.mark.django_db
class TestReadiness:
    def test_tells_every_part_with_its_seconds(self, client):
        told = client.get("/readyz").json()
        parts = {part["name"]: part for part in told["parts"]}
        assert set(parts) == {"database", "owner", "cache", "broker", "storage", "cells"}
        assert [part for part in parts.values() if not part["is_well"]] == []
        assert all(part["seconds"] >= 0 for part in parts.values())
        assert told["ready"] is True

    @pytest.mark.parametrize(
        "extra",
        [
            OUTSIDE,
            {"headers": {"x-forwarded-for": "203.0.113.9"}},
            {"headers": {"via": "1.1 balancer"}},
        ],
    )
    def test_tells_strangers_nothing_but_yes_or_no(self, client, extra):
        response = client.get("/readyz", **extra)
        assert response.content == b"ready\n"

    def test_behind_a_proxy_nobody_is_local(self, client, settings):
        settings.PROXY_HOPS = 1
        assert client.get("/readyz").content == b"ready\n"

    def test_tells_whoever_has_the_token(self, client, token):
        assert client.get("/readyz", headers=TOKEN, **OUTSIDE).json()["ready"] is True

    def test_a_migration_that_is_missing_is_not_ready(self, client, monkeypatch):
        monkeypatch.setattr(health, "_wanted_migrations", lambda: {"tenants.9999_later"})
        response = client.get("/readyz")
        assert response.status_code == 503
        assert "tenants.9999_later" in response.content.decode()
        assert client.get("/readyz", **OUTSIDE).content == b"not ready\n"

    def test_a_database_that_is_away_is_not_ready_and_says_so_soon(self, client, monkeypatch):
        wanted = connections["default"].get_connection_params()
        monkeypatch.setattr(
            connections["default"], "get_connection_params", lambda: {**wanted, "port": "1"}
        )
        response = client.get("/readyz")
        database = next(p for p in response.json()["parts"] if p["name"] == "database")
        assert (response.status_code, database["is_well"]) == (503, False)
        assert database["seconds"] < 3

    def test_a_cache_that_keeps_nothing_is_not_ready(self, client, monkeypatch):
        monkeypatch.setattr(type(cache._connections[cache._alias]), "get", lambda *a, **k: None)
        assert client.get("/readyz").status_code == 503

    def test_a_queue_that_waits_refuses_nobody_but_is_told(self, client, monkeypatch):
        late = broker.Queue("payments", 3, 400.0)
        monkeypatch.setattr(broker, "is_inspectable", lambda: True)
        monkeypatch.setattr(broker, "queues", lambda: [late])
        response = client.get("/readyz")
        part = next(p for p in response.json()["parts"] if p["name"] == "broker")
        assert response.status_code == 200
        assert (part["is_well"], part["detail"]) == (False, "waits too long: payments")


def test_the_age_of_a_queue_is_that_of_its_oldest_message(monkeypatch):
    monkeypatch.setattr(broker.time, "time", lambda: 1000.0)
    assert broker._age(json.dumps({"headers": {broker.SENT_AT: 940.0}}).encode()) == 60.0
    assert broker._age(None) == 0.0

"""Health answers on every host, signed in or not."""

import pytest


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

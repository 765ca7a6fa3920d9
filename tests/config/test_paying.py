"""Callbacks go straight to their view; everything else takes the full way."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import RequestFactory

from config.paying import PayFace

NOTIFICATION = "/pay/n/wechat/018f0000-0000-7000-8000-000000000000"


@pytest.fixture
def answered():
    """Whether a request took the full way, and what it was answered."""

    def act(path: str, host: str) -> tuple[bool, int]:
        passed = []
        face = PayFace(lambda request: passed.append(request) or HttpResponse(status=299))
        answer = face(RequestFactory().get(path, headers={"host": host}))
        return bool(passed), answer.status_code

    return act


def test_a_callback_needs_nothing_on_its_way(answered):
    assert answered(NOTIFICATION, settings.PAY_HOST) == (False, 405)
    assert answered(NOTIFICATION, f"{settings.PAY_HOST}:8000") == (False, 405)


@pytest.mark.parametrize(
    ("path", "host"),
    [
        (NOTIFICATION, "alpha.test"),
        (NOTIFICATION, "pay.test.example"),
        ("/livez", settings.PAY_HOST),
        ("/pay/n/wechat/not-a-key", settings.PAY_HOST),
    ],
)
def test_everything_else_takes_the_full_way(answered, path, host):
    assert answered(path, host)[1] == 299


def test_it_is_the_outermost():
    assert settings.MIDDLEWARE[0] == "config.paying.PayFace"

"""Text messages: in the caller's transaction, once, sealed, found again by the sweep."""

import datetime as dt
import json
import logging

import pytest
import responses
from django.db import DatabaseError, transaction

from kernel.actor import Actor
from kernel.unit import current_unit_id, shared_context
from shared_apps.delivery import selectors
from shared_apps.delivery.models import Message
from shared_apps.delivery.services import sms
from shared_apps.delivery.services.templates import TEMPLATES, text_of

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2026, 11, 22, 9, 0, tzinfo=dt.UTC)
PHONE = "13800000002"
CODE = {"code": "482913", "purpose": "登录", "minutes": "10"}
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def gateway(settings):
    settings.SMS_GATEWAY_URL = "http://127.0.0.1:1"
    settings.SMS_GATEWAY_KEY = "key-of-the-tests"
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def answer(gateway, status=202, body='{"id": "SM1", "status": "accepted"}'):
    gateway.reset()
    gateway.post("http://127.0.0.1:1/v1/messages", body=body, status=status)


def send(template="code", parameters=CODE, at=NOW):
    return sms.send(
        phone=PHONE,
        template=template,
        parameters=parameters,
        purpose="code",
        actor=Actor(),
        now=at,
    )


def sweep(at=NOW):
    with shared_context():
        sms.resend_pending(now=at)


def fresh(message):
    with shared_context():
        return Message.objects.get(pk=message.pk)


class TestSend:
    def test_seals_phone_and_parameters(self):
        message = fresh(send())
        stored = bytes(message.phone_sealed) + bytes(message.parameters_sealed)
        assert PHONE.encode() not in stored
        assert CODE["code"].encode() not in stored
        assert message.phone_masked == "138****0002"

    def test_remembers_the_unit_and_leaves_it_in_force(self, alpha):
        message = send()
        assert current_unit_id() == alpha.id
        with shared_context():
            assert [row.pk for row in selectors.messages_of(alpha.id)] == [message.pk]

    def test_goes_with_the_transaction_that_asked(self):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            send()
            _ = 1 / 0
        with shared_context():
            assert not Message.objects.exists()

    def test_leaves_after_the_commit_and_not_before(
        self, gateway, django_capture_on_commit_callbacks
    ):
        answer(gateway)
        with django_capture_on_commit_callbacks(execute=True):
            message = send(at=dt.datetime.now(dt.UTC))
            assert len(gateway.calls) == 0
        assert len(gateway.calls) == 1
        assert fresh(message).state == "sent"

    def test_refuses_a_blank_that_nobody_filled(self):
        with pytest.raises(KeyError):
            send(parameters={"code": "1"})

    def test_is_refused_to_a_units_own_role(self, alpha):
        with pytest.raises(DatabaseError), transaction.atomic():
            list(Message.objects.all())


class TestDeliver:
    def test_speaks_the_gateways_language(self, gateway):
        answer(gateway)
        message = send()
        sweep()
        request = gateway.calls[0].request
        assert request.headers["Authorization"] == "Bearer key-of-the-tests"
        assert request.headers["Idempotency-Key"] == str(message.pk)
        assert json.loads(request.body)["to"] == PHONE
        assert "482913" in json.loads(request.body)["text"]
        assert (fresh(message).state, fresh(message).gateway_id) == ("sent", "SM1")

    def test_wipes_a_secret_once_it_is_sent(self, gateway):
        answer(gateway)
        message = send()
        sweep()
        assert bytes(fresh(message).parameters_sealed) == b""

    def test_a_second_run_sends_nothing(self, gateway):
        answer(gateway)
        send()
        sweep()
        sweep(NOW + 60 * MINUTE)
        assert len(gateway.calls) == 1

    @pytest.mark.parametrize("status", [500, 503, 429, 401])
    def test_tries_again_under_the_same_key_when_the_answer_is_missing(self, gateway, status):
        answer(gateway, status, "{}")
        message = send()
        sweep()
        assert fresh(message).state == "unknown"
        sweep(NOW + dt.timedelta(seconds=10))
        assert len(gateway.calls) == 1
        answer(gateway)
        sweep(NOW + MINUTE)
        assert gateway.calls[0].request.headers["Idempotency-Key"] == str(message.pk)
        assert fresh(message).state == "sent"

    def test_tries_again_when_nobody_answers(self, gateway):
        gateway.reset()
        message = send()
        sweep()
        assert fresh(message).state == "unknown"

    def test_waits_longer_each_time(self, gateway):
        answer(gateway, 503, "{}")
        message = send("receipt", dict.fromkeys(("name", "yuan", "months"), "x"))
        waits, at = [], NOW
        for _ in range(4):
            sweep(at)
            waits.append(fresh(message).next_try_at - at)
            at = fresh(message).next_try_at
        assert [wait.seconds for wait in waits] == [30, 60, 120, 240]

    def test_gives_up_what_the_gateway_refuses(self, gateway):
        answer(gateway, 422, '{"code": "phone"}')
        message = send()
        sweep()
        sweep(NOW + 5 * MINUTE)
        assert (fresh(message).state, fresh(message).refusal) == ("failed", "phone")
        assert len(gateway.calls) == 1

    def test_never_sends_a_code_that_has_expired(self, gateway):
        answer(gateway)
        message = send()
        sweep(NOW + 10 * MINUTE)
        assert fresh(message).state == "failed"
        assert len(gateway.calls) == 0

    def test_logs_neither_phone_nor_code(self, gateway, caplog):
        answer(gateway, 503, "{}")
        with caplog.at_level(logging.DEBUG):
            send()
            sweep()
        assert caplog.records
        assert PHONE not in caplog.text
        assert CODE["code"] not in caplog.text


class TestTexts:
    @pytest.mark.parametrize("name", TEMPLATES)
    def test_are_signed_and_fit_a_message(self, name):
        class Filled(dict):
            def __missing__(self, key):
                return "某" * 6

        text = TEMPLATES[name].text.format_map(Filled())
        assert text.startswith("【共建云】")
        assert len(text) <= 140

    def test_read_as_written(self):
        assert "验证码 482913，用于登录，10 分钟内有效" in text_of("code", CODE)

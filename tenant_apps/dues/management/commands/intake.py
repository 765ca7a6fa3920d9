"""`python -m config intake`: take the callbacks of payment channels at a door of their own."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Final, cast
from uuid import UUID

from django.apps import apps
from django.core.management.base import BaseCommand, CommandParser
from django.db import OperationalError, connection

from kernel import clock, intake
from kernel.intake import Message, Reply
from kernel.statuses import status_of
from shared_apps.payments.apps import PaymentsConfig
from shared_apps.payments.channels.base import Acknowledgement
from shared_apps.payments.selectors import Channel
from shared_apps.payments.services.callbacks import CallbackRefused, Delivery
from tenant_apps.dues.services import collection

log = logging.getLogger(__name__)
_LOOPBACK = "127.0.0.1"


class Command(BaseCommand):
    help = "接收支付渠道的通知（先落库，再应答）。"
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, required=True, help="端口")
        parser.add_argument("--host", default=_LOOPBACK, help="监听地址，默认仅本机")

    def handle(self, *_args: Any, **options: Any) -> None:
        # Django guards loops that others share; this one waits for the commit and nothing else.
        os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
        intake.server(answer, host=options["host"], port=options["port"]).run()


def answer(messages: Sequence[Message]) -> list[Reply]:
    """What each is told, once all that is genuine of them is committed."""
    deliveries = [_delivery(message) for message in messages]
    kept = iter(_kept([one for one in deliveries if one is not None]))
    return [
        _elsewhere(message) if delivery is None else _told(delivery, next(kept))
        for message, delivery in zip(messages, deliveries, strict=True)
    ]


def _kept(deliveries: Sequence[Delivery]) -> list[Acknowledgement | Exception]:
    """Once more over a new connection, should the old one be lost: a fact is kept once."""
    try:
        return collection.receive_each(deliveries)
    except OperationalError:
        connection.close()
        return collection.receive_each(deliveries)


def _delivery(message: Message) -> Delivery | None:
    """The callback of `/pay/n/<channel>/<uid>` on the pay host; None for anything else."""
    payments = cast("PaymentsConfig", apps.get_app_config("payments"))
    host = message.header("host").partition(":")[0].lower()
    found = _ADDRESS.fullmatch(message.path)
    if found is None or message.method != "POST" or host != payments.pay_host:
        return None
    channel, uid = found.groups()
    return Delivery(channel, UUID(uid), message.headers, message.body, clock.now())


def _told(delivery: Delivery, kept: Acknowledgement | Exception) -> Reply:
    """The channel's own word for received; a forger learns no reason."""
    if isinstance(kept, CallbackRefused):
        log.warning("callback of %s refused: %s", delivery.channel, kept.reason)
        body = json.dumps({"code": "FAIL", "message": kept.message}, ensure_ascii=False)
        return Reply(status_of(kept), "application/json", body.encode())
    if isinstance(kept, Exception):
        return Reply(HTTPStatus.INTERNAL_SERVER_ERROR)
    return Reply(kept.status, kept.content_type, kept.body.encode())


def _elsewhere(message: Message) -> Reply:
    is_alive = message.method == "GET" and message.path == "/livez"
    return Reply(HTTPStatus.OK if is_alive else HTTPStatus.NOT_FOUND)


_ADDRESS: Final = re.compile(
    rf"/pay/n/({'|'.join(Channel.values)})/([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})"
)

"""What waits in the message queues, read from the broker itself."""

from __future__ import annotations

import json
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import redis
from django.conf import settings

SENT_AT: Final = "gongjian_sent_at"
_WORKERS: Final = tomllib.loads(Path(__file__).with_name("workers.toml").read_text("utf-8"))
QUEUES: Final = tuple(queue for worker in _WORKERS.values() for queue in worker["queues"])
_TIMEOUT: Final = 1.0


@dataclass(frozen=True, slots=True)
class Queue:
    """How many messages wait, and since when the oldest does (seconds; 0 when none waits)."""

    name: str
    depth: int
    oldest_seconds: float


def is_inspectable() -> bool:
    """Whether the broker is one that can be asked; the one in memory of tests cannot."""
    return str(settings.CELERY_BROKER_URL).startswith(("redis://", "rediss://", "unix://"))


def queues() -> list[Queue]:
    """Every queue, in one round trip.  Raises redis.RedisError when the broker is away."""
    with redis.Redis.from_url(
        settings.CELERY_BROKER_URL, socket_timeout=_TIMEOUT, socket_connect_timeout=_TIMEOUT
    ) as link:
        pipe: Any = link.pipeline(transaction=False)
        for name in QUEUES:
            pipe.llen(name)
            pipe.lindex(name, -1)
        answers = pipe.execute()
    return [
        Queue(name, answers[2 * place], _age(answers[2 * place + 1]))
        for place, name in enumerate(QUEUES)
    ]


def _age(message: bytes | None) -> float:
    """The oldest stands at the end that workers take from; one without a moment is taken as new."""
    if message is None:
        return 0.0
    sent_at = json.loads(message).get("headers", {}).get(SENT_AT)
    return max(0.0, time.time() - float(sent_at)) if sent_at else 0.0

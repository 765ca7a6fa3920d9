"""A clock that several processes share: the channels' days go by, and the product goes along.

The simulated channels lead (``ScaledClock(leads=True)``): by how much their days run ahead of the
wall stands in a file of eight bytes that everybody has mapped.
"""

from __future__ import annotations

import datetime as dt
import mmap
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final
from unittest import mock

from wechatpayv3 import utils as signing

from kernel import clock, models
from shared_apps.payments.channels import alipay, wechat
from shared_apps.payments.simulator.clock import ScaledClock

_SECONDS: Final = struct.Struct("<q")


class Ahead:
    """Seconds by which virtual time is ahead of the wall."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(_SECONDS.pack(0))
        with path.open("r+b") as held:
            self._shared = mmap.mmap(held.fileno(), _SECONDS.size)

    def __get__(self, one: object, kind: type | None = None) -> dt.timedelta:
        return dt.timedelta(seconds=_SECONDS.unpack(self._shared[:])[0])

    def __set__(self, one: object, value: dt.timedelta) -> None:
        self._shared[:] = _SECONDS.pack(int(value.total_seconds()))

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) + self.__get__(None)


def leading(path: Path) -> type[ScaledClock]:
    """The channels' clock, whose days everybody sees who has mapped the file."""
    return type("Leading", (ScaledClock,), {"ahead": Ahead(path)})


@contextmanager
def followed(path: Path) -> Iterator[Ahead]:
    """This process and its forks go by the channels' clock."""
    ahead = Ahead(path)

    class Seconds:
        """What of ``time`` keys of rows and signatures are made with."""

        @staticmethod
        def time() -> float:
            return ahead.now().timestamp()

        @staticmethod
        def time_ns() -> int:
            return int(ahead.now().timestamp() * 1_000_000) * 1_000

    class Moment(dt.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> dt.datetime:
            return ahead.now().astimezone(tz)

    with ExitStack() as held:
        held.enter_context(mock.patch.object(clock, "now", ahead.now))
        for module in (models, signing):
            held.enter_context(mock.patch.object(module, "time", Seconds))
        for channel in (alipay, wechat):
            held.enter_context(mock.patch.object(channel, "datetime", Moment))
        yield ahead

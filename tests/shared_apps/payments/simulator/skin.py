"""The simulator behind `responses`: every request to its address is answered by the core."""

from __future__ import annotations

import re

import requests
import responses

from shared_apps.payments.simulator.core import GatewayCore
from shared_apps.payments.simulator.skins import LineDropped

BASE_URL = "https://pay.channel.test"


def answer_with(core: GatewayCore, mock: responses.RequestsMock, base_url: str = BASE_URL) -> None:
    """Register the core for all methods under `base_url`."""

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], bytes]:
        body = request.body or b""
        raw = body.encode() if isinstance(body, str) else body
        try:
            return core.handle(request.method, request.url, dict(request.headers), raw)
        except LineDropped:
            raise requests.ConnectionError("the simulated line went dead") from None

    for method in (responses.GET, responses.POST):
        mock.add_callback(
            method, re.compile(re.escape(base_url) + "/.*"), callback=answer, content_type=None
        )

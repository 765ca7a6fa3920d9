"""The pay face: the callbacks of payment channels go straight to their view.

Whole months are paid within hours, and each payment is a callback that waits for its answer.  It
needs no session, no unit (its order says which) and none of the headers of a page, so it passes all
that by.  The view declares its permission as every other does.
"""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from config.middleware import Next
from kernel.actor import Actor

_URLCONF = settings.HOST_URLCONFS["pay"]
_NOTIFICATIONS = "/pay/n/"


class PayFace:
    """The outermost of all."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(_NOTIFICATIONS) and _is_pay_host(request):
            try:
                match = resolve(request.path_info, _URLCONF)
            except Resolver404:
                return self.get_response(request)
            request.actor = Actor(ip=request.META.get("REMOTE_ADDR", ""))  # type: ignore[attr-defined]
            answer: HttpResponse = match.func(request, *match.args, **match.kwargs)
            return answer
        return self.get_response(request)


def _is_pay_host(request: HttpRequest) -> bool:
    return request.get_host().partition(":")[0].lower() == settings.PAY_HOST

"""The base of every endpoint.  An endpoint without a permission does not start."""

from __future__ import annotations

from enum import StrEnum
from hashlib import sha256
from typing import Any, ClassVar

from rest_framework.response import Response
from rest_framework.views import APIView

from kernel import cache
from kernel.actor import Actor
from kernel.api.serializers import Input
from kernel.errors import Conflict
from kernel.permissions import PUBLIC, check_view

_A_DAY = 86_400
_WORKING_SECONDS = 120
"""How long a key stays taken by a request that never answered: longer than any request runs."""


class KeyReused(Conflict):
    code = "idempotency_key_reused"
    sentence = "同一个 Idempotency-Key 已用于内容不同的请求，请换一个新的键。"


class KeyInUse(Conflict):
    code = "idempotency_key_in_use"
    sentence = "同一个 Idempotency-Key 的请求正在处理，请稍后用同一个键再试。"


class Endpoint(APIView):
    """Subclasses state ``permission`` and make one domain call per method.

    A write that carries ``Idempotency-Key`` is answered once; the same key again gets the same
    answer for a day, and another body under the same key is refused.  The key is taken before
    the work begins: of two requests at once, one is done and the other is told to come again.
    """

    permission: ClassVar[StrEnum]
    is_kept_open: ClassVar[bool] = False
    """True for what a read-only unit goes on doing: signing in and out, exports."""
    keeps_answers: ClassVar[bool] = True
    """False where the answer holds a secret that is shown once, which no cache may keep."""

    def __init_subclass__(cls, *, abstract: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not abstract:
            check_view(cls)

    @property
    def actor(self) -> Actor:
        actor: Actor = self.request._request.actor  # type: ignore[attr-defined]
        return actor

    def given(self, shape: type[Input]) -> dict[str, Any]:
        """What was sent, in this shape; what does not fit it is answered with 422."""
        sent = shape(data=self.request.data)
        sent.is_valid(raise_exception=True)
        return dict(sent.validated_data)

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        key = request.headers.get("Idempotency-Key", "")
        is_kept = self.keeps_answers and self.permission is not PUBLIC
        if not key or request.method in {"GET", "HEAD", "OPTIONS"} or not is_kept:
            return super().dispatch(request, *args, **kwargs)
        actor: Actor = request.actor
        name = f"idem:{actor.person_id}:{request.method}:{request.path}:{key}"
        print_of_body = sha256(request.body).hexdigest()
        if not cache.claim(name, (print_of_body, None, None), seconds=_WORKING_SECONDS):
            kept = cache.get(name) or (print_of_body, None, None)
            return self._again(request, kept, print_of_body, args, kwargs)
        return self._once(name, print_of_body, request, args, kwargs)

    def _once(self, name: str, body: str, request: Any, args: Any, kwargs: Any) -> Any:
        """Does the work under the key that was taken, and keeps the answer unless it failed."""
        status = 500
        try:
            response: Any = super().dispatch(request, *args, **kwargs)
            status = response.status_code
        finally:
            if status >= 500:
                cache.drop(name)
        if status < 500:
            cache.put(name, (body, status, response.data), seconds=_A_DAY)
        return response

    def _again(
        self, request: Any, kept: tuple[str, int | None, Any], body: str, args: Any, kwargs: Any
    ) -> Any:
        self.args, self.kwargs = args, kwargs
        wrapped = self.initialize_request(request, *args, **kwargs)
        self.request, self.headers = wrapped, self.default_response_headers
        try:
            self.initial(wrapped, *args, **kwargs)
            answer = self._same_answer(kept, body)
        except Exception as refused:  # noqa: BLE001 - the framework decides what it may answer
            answer = self.handle_exception(refused)
        return self.finalize_response(wrapped, answer, *args, **kwargs)

    def _same_answer(self, kept: tuple[str, int | None, Any], body: str) -> Response:
        if kept[0] != body:
            raise KeyReused
        if kept[1] is None:
            raise KeyInUse
        return Response(kept[2], status=kept[1])

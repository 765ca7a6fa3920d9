"""Every refusal of the API is a problem document (RFC 9457) with a stable code."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from kernel.errors import DomainError, Invalid
from kernel.statuses import status_of

_CODES = {400: "bad_request", 401: "sign_in_required", 403: "forbidden", 404: "not_found"}


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Turns DomainErrors and the framework's own refusals into problem+json."""
    request_id = getattr(context["request"]._request, "request_id", "")
    if isinstance(error, DomainError):
        set_rollback()
        return problem(
            status_of(error), error.code, error.message, request_id,
            data=_plain(error.data) or None,
        )  # fmt: skip
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    response = exception_handler(error, context)
    if response is None:
        return None
    if isinstance(error, exceptions.ValidationError):
        return problem(422, "invalid", Invalid.sentence, request_id, errors=error.detail)
    code = _CODES.get(response.status_code, "refused")
    detail = response.data.get("detail", "") if isinstance(response.data, dict) else ""
    answer = problem(response.status_code, code, str(detail), request_id)
    for header in ("WWW-Authenticate", "Retry-After", "Allow"):
        if header in response:
            answer[header] = response[header]
    return answer


def problem(status: int, code: str, detail: str, request_id: str, **extra: Any) -> Response:
    body = {
        "type": f"urn:gongjian:problem:{code}",
        "title": detail,
        "status": status,
        "code": code,
        "request_id": request_id,
        **{key: value for key, value in extra.items() if value is not None},
    }
    return Response(body, status=status, content_type="application/problem+json")


def _plain(data: dict[str, Any]) -> dict[str, Any]:
    return {
        key: value if isinstance(value, (str, int, float, bool, list)) else str(value)
        for key, value in data.items()
    }

"""The base of every HTML page.  A page without a permission does not start."""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus
from typing import Any, ClassVar
from urllib.parse import quote

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views import View

from kernel.actor import Actor
from kernel.errors import DomainError, Forbidden, NotFound
from kernel.permissions import PUBLIC, check_view, require
from kernel.statuses import status_of


class Page(View):
    """A page of any face.

    Subclasses state ``permission`` (or PUBLIC) and make one domain call per method.  A
    DomainError that a method does not catch becomes the error page of its kind.
    """

    permission: ClassVar[StrEnum]
    template_name: ClassVar[str] = ""
    is_kept_open: ClassVar[bool] = False
    """True for what a read-only unit goes on doing: signing in and out, exports."""
    is_paper: ClassVar[bool] = False
    """True for what is made to be printed, which the platform's visitors may not."""
    actor: Actor

    def __init_subclass__(cls, *, abstract: bool = False, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not abstract:
            check_view(cls)

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.actor = request.actor  # type: ignore[attr-defined]  # set by config.middleware

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if self.permission is not PUBLIC and not self.actor.is_signed_in:
            return to_sign_in(request)
        try:
            require(self.actor, self.permission)
            return super().dispatch(request, *args, **kwargs)
        except DomainError as error:
            return error_page(request, error)

    def render(
        self, *, template: str | None = None, status: int = 200, **context: Any
    ) -> HttpResponse:
        """The page's template (or ``template``) with ``context``."""
        name = template or self.template_name
        return render(self.request, name, {"page": self, **context}, status=status)

    def form_error(self, form: BaseForm, error: DomainError, field: str | None = None) -> None:
        """Shows a refusal of the domain on the form: at ``field``, or above all fields."""
        form.add_error(field if field in form.fields else None, error.message)

    @property
    def is_htmx(self) -> bool:
        return self.request.headers.get("HX-Request") == "true"


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Sends somebody who has not signed in to the face's sign-in page and back afterwards."""
    is_phone = request.path.startswith("/m/") or getattr(request, "face", "") == "member"
    address = "/m/sign-in/" if is_phone else "/sign-in/"
    if request.headers.get("HX-Request") == "true":
        response = HttpResponse(status=204)
        response["HX-Redirect"] = address
        return response
    return HttpResponseRedirect(f"{address}?next={quote(request.get_full_path())}")


def error_page(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The page of an expected refusal: what happened, what to do, the request's id."""
    return _problem(request, status_of(error), error.message, code=error.code)


def unknown_host(request: HttpRequest) -> HttpResponse:
    return _problem(request, 404, "没有找到这个单位，请核对访问地址是否正确。", code="unit_unknown")


def misdirected(request: HttpRequest) -> HttpResponse:
    """The host is another installation's: it is neither served nor passed on, and neither the
    unit nor the installation is named.
    """
    message = "该地址不在这里提供服务。"
    response: HttpResponse
    if request.path.startswith("/api/"):
        body = {
            "type": "urn:gongjian:problem:host_misdirected",
            "title": message,
            "status": HTTPStatus.MISDIRECTED_REQUEST,
            "code": "host_misdirected",
            "request_id": getattr(request, "request_id", ""),
        }
        response = JsonResponse(
            body, status=body["status"], content_type="application/problem+json"
        )
    else:
        status = HTTPStatus.MISDIRECTED_REQUEST
        response = _problem(request, status, message, code="host_misdirected")
    response["Cache-Control"] = "no-store"
    return response


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _problem(request, 404, NotFound.sentence, code=NotFound.code)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _problem(request, 403, Forbidden.sentence, code=Forbidden.code)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _problem(request, 400, "请求内容无法识别，请返回上一页重试。", code="bad_request")


def broken(request: HttpRequest) -> HttpResponse:
    return _problem(request, 500, "页面出了点问题，我们已经记录，请稍后再试。", code="broken")


def csrf_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _problem(request, 403, "页面已过期，请返回上一页刷新后重新提交。", code="csrf_refused")


def _problem(
    request: HttpRequest, status: int, message: str, *, code: str, advice: str = ""
) -> HttpResponse:
    is_phone = request.path.startswith("/m/") or getattr(request, "face", "") == "member"
    context = {
        "base": "web/phone.html" if is_phone else "web/plain.html",
        "status": status,
        "code": code,
        "title": message,
        "message": message,
        "is_phone": is_phone,
        "advice": advice,
        "request_id": getattr(request, "request_id", ""),
        "actions": [{"label": "返回首页", "url": "/m/" if is_phone else "/"}],
    }
    response = render(request, "web/error.html", context, status=status)
    response["X-Problem"] = quote(message)  # shown as a toast where htmx asked for a fragment
    return response

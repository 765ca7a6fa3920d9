"""What a unit's address answers when the unit's state does not let the request through.

Decided at the edge, before anything of the unit is read: why, whom to call, and for programs a
problem document.  503 where it may pass, 410 where it will not, 409 for a write to what is
only read.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

UPGRADING: Final = 60
"""Seconds after which a unit that is being upgraded is asked again."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    code: str
    heading: str
    message: str
    link: tuple[str, str] | None = None
    retry_after: int = 0
    """Seconds after which asking again may help."""


def unit_not_serving(request: HttpRequest, unit: Any, *, reason: str = "") -> HttpResponse:
    """The unit is not open yet, suspended, closed, or in a state to serve and its schema too old;
    ``reason`` is what the operator wrote.
    """
    if unit.state == "closed":
        message = f"「{unit.name}」已办理注销，服务已终止，数据已按协议清除。"
        return _answer(request, unit, _Answer(410, "unit_closed", "该单位已注销", message))
    if unit.state == "suspended":
        because = f"原因：{reason}。" if reason else ""
        message = (
            f"「{unit.name}」的服务已暂停，数据完整保留，恢复后即可照常使用。{because}"
            "已支付的党费照常入账，请勿重复交纳。"
        )
        return _answer(request, unit, _Answer(503, "unit_suspended", "该单位已暂停服务", message))
    if unit.is_serving:
        message = (
            f"「{unit.name}」正在升级，已有数据不受影响，完成后即可照常使用。"
            "已支付的党费将在升级后入账，请勿重复交纳。"
        )
        answer = _Answer(503, "unit_outdated", "该单位正在升级", message, retry_after=UPGRADING)
        return _answer(request, unit, answer)
    message = f"「{unit.name}」正在开通，尚未对外提供服务。"
    return _answer(request, unit, _Answer(503, "unit_not_open", "该单位正在开通", message))


def unit_address(request: HttpRequest, unit: Any, path: str = "/") -> str:
    """A page of the unit's own host, also where it is asked for on the members' common one."""
    port = request.get_host().partition(":")[2]
    host = f"{unit.label}.{settings.BASE_DOMAIN}" + (f":{port}" if port else "")
    return f"{settings.SCHEME}://{host}{path}"


def unit_moved(request: HttpRequest, unit: Any) -> HttpResponse:
    """The host was given up; whoever still has it in the bookmarks is told the new one."""
    address = unit_address(request, unit)
    host = address.split("/")[2]
    message = f"「{unit.name}」的访问地址已改为 {host}，请更新收藏夹，并在新地址重新登录。"
    answer = _Answer(410, "unit_moved", "访问地址已变更", message, ("前往新地址", address))
    return _answer(request, unit, answer)


def unit_only_read(request: HttpRequest, unit: Any) -> HttpResponse:
    """A write came to a unit that is only read; nothing was changed."""
    why = "正在办理注销" if unit.state == "closing" else "处于只读状态"
    message = (
        f"「{unit.name}」{why}，可以查看和导出，不能新增或修改。"
        "本次提交没有保存，已有数据未受影响。"
    )
    answer = _Answer(409, "unit_read_only", "当前只能查看", message)
    return _answer(request, unit, answer)


def _answer(request: HttpRequest, unit: Any, answer: _Answer) -> HttpResponse:
    request_id = getattr(request, "request_id", "")
    response: HttpResponse
    if request.path.startswith("/api/"):
        body = {
            "type": f"urn:gongjian:problem:{answer.code}",
            "title": answer.message,
            "status": answer.status,
            "code": answer.code,
            "request_id": request_id,
            "state": unit.state,
        }
        response = JsonResponse(body, status=answer.status, content_type="application/problem+json")
    else:
        response = render(
            request, "web/error.html", _page(request, unit, answer), status=answer.status
        )
    response["X-Problem"] = quote(answer.message)
    response["Cache-Control"] = "no-store"
    if answer.retry_after:
        response["Retry-After"] = str(answer.retry_after)
    return response


def _page(request: HttpRequest, unit: Any, answer: _Answer) -> dict[str, Any]:
    is_phone = request.path.startswith("/m/") or getattr(request, "face", "") == "member"
    home = "/m/" if is_phone else "/"
    is_passing = answer.status == HTTPStatus.SERVICE_UNAVAILABLE
    link = answer.link or (("重新加载", request.path) if is_passing else ("返回首页", home))
    return {
        "base": "web/phone.html" if is_phone else "web/plain.html",
        "status": answer.status,
        "code": answer.code,
        "title": answer.heading,
        "problem_heading": answer.heading,
        "message": answer.message,
        "advice": whom_to_call(unit),
        "is_phone": is_phone,
        "request_id": getattr(request, "request_id", ""),
        "actions": [{"label": link[0], "url": link[1]}],
    }


def whom_to_call(unit: Any) -> str:
    """Who can help: the branch of the bank that answers for the unit, and the hotline."""
    branch = unit.bank_branch or "为贵单位开通服务的银行"
    hotline = f"，或拨打服务热线 {settings.SUPPORT_PHONE}" if settings.SUPPORT_PHONE else ""
    return f"如有疑问，请联系{branch}的客户经理{hotline}。"

"""What every template of the shells needs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from config import navigation
from kernel import clock
from kernel.actor import Actor
from kernel.permissions import can
from shared_apps.people import selectors as people
from shared_apps.status.selectors import notices
from shared_apps.support import selectors as support
from tenant_apps.access import selectors as access

_ROLES = {**people.ROLE_LABELS, **access.ROLE_LABELS, "member": "党员", "applicant": "入党申请人"}


def shell(request: HttpRequest) -> dict[str, Any]:
    """The person, the unit, the face, the navigation and the look chosen by cookies."""
    actor: Actor = getattr(request, "actor", None) or Actor()
    face = getattr(request, "face", "")
    has_account = actor.is_signed_in and actor.support_id is None
    return {
        "product_name": settings.PRODUCT_NAME,
        "actor": actor,
        "unit": getattr(request, "unit", None),
        "face": face,
        "request_id": getattr(request, "request_id", ""),
        "is_demo": settings.IS_DEMO,
        "notice": notices.current() if face in {"unit", "member"} else None,
        "status_url": _status_url(request),
        "support": getattr(request, "support", None),
        "support_present": _support_present(request, actor),
        "nav": navigation.groups_for(face, actor),
        "tabs": navigation.tabs_for(actor, request.path),
        "role_label": "平台支持人员"
        if actor.support_id
        else "、".join(dict.fromkeys(_ROLES.get(h.role, "") for h in actor.holdings)),
        "search_url": "/search/" if face == "unit" and actor.is_signed_in else "",
        "account_url": "/account/" if has_account else "",
        "sign_out_url": "/sign-out/" if has_account else "",
    }


def _support_present(request: HttpRequest, actor: Actor) -> list[support.Present]:
    """Who of the platform asks to come in or is in, for whoever decides that."""
    unit = getattr(request, "unit", None)
    if getattr(request, "face", "") != "unit" or not can(actor, "access:support_decide"):
        return []
    return support.present_in(unit.id, now=clock.now()) if unit else []


def _status_url(request: HttpRequest) -> str:
    """The public status page, on the port that the request came to."""
    port = request.META.get("HTTP_HOST", "").partition(":")[2]
    return f"{settings.SCHEME}://{settings.STATUS_HOST}" + (f":{port}" if port else "") + "/"

"""What every template of the shells needs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """The person, the unit, the face and the look chosen by cookies."""
    return {
        "product_name": settings.PRODUCT_NAME,
        "actor": getattr(request, "actor", None),
        "unit": getattr(request, "unit", None),
        "face": getattr(request, "face", ""),
        "request_id": getattr(request, "request_id", ""),
        "theme": request.COOKIES.get("theme", ""),
        "care": request.COOKIES.get("care") == "1",
        "is_demo": settings.IS_DEMO,
    }

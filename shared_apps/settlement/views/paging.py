"""A page of a long list."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest

_SIZES = {"20", "50", "100"}


def page_of(request: HttpRequest, rows: Any, *, usual: int = 20) -> Page[Any]:
    """The page and size that the address asks for; nonsense is the first page, as usual."""
    size = request.GET.get("size", "")
    shown = Paginator(rows, int(size) if size in _SIZES else usual)
    return shown.get_page(request.GET.get("page"))

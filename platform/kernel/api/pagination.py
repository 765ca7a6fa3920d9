"""Cursor pages: stable while rows are added, no counting."""

from __future__ import annotations

from rest_framework.pagination import CursorPagination


class Pages(CursorPagination):
    """50 rows by default, 200 at most; ``next`` and ``previous`` are complete addresses."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200
    ordering = "id"

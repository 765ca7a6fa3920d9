"""Is the process alive, and can it serve.  For the launcher and for a load balancer."""

from __future__ import annotations

from typing import ClassVar

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse

from kernel.permissions import PUBLIC
from kernel.web.views import Page


class Alive(Page):
    """Answers as long as the process does; asks nothing of anybody."""

    permission: ClassVar = PUBLIC

    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("alive\n", content_type="text/plain")


class Ready(Page):
    """Answers when the database answers; 503 otherwise."""

    permission: ClassVar = PUBLIC

    def get(self, request: HttpRequest) -> HttpResponse:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except DatabaseError:
            return HttpResponse("database unreachable\n", status=503, content_type="text/plain")
        return HttpResponse("ready\n", content_type="text/plain")

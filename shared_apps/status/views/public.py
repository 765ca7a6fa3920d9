"""The public status page: no sign-in, no unit, and there even when the database is not."""

from __future__ import annotations

from typing import ClassVar

from django.http import HttpRequest, HttpResponse

from kernel import clock
from kernel.permissions import PUBLIC
from kernel.web.views import Page
from shared_apps.status.services import publishing
from shared_apps.status.views.presenting import bar


class StatusPage(Page):
    """``https://status.…/``: what is going on, 90 days of every part, what was."""

    permission: ClassVar = PUBLIC
    template_name = "status/public.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        shown = publishing.latest(now=clock.now())
        taken = shown.snapshot
        response = self.render(
            title="服务状态",
            published=shown,
            snapshot=taken,
            bars=[bar(part) for part in taken.parts] if taken else [],
            status=200 if taken else 503,
        )
        response["Cache-Control"] = "public, max-age=30"
        return response

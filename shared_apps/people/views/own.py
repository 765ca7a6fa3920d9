"""The frame of pages about the own account: the desk's or the console's."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpResponse

from kernel.web.views import Page
from shared_apps.people.models import Person
from shared_apps.people.permissions import PeoplePermission


class OwnPage(Page, abstract=True):
    """A page of somebody who is signed in, in the shell of the face."""

    permission = PeoplePermission.ACCOUNT
    is_kept_open = True
    title: ClassVar[str] = ""

    @property
    def person(self) -> Person:
        person: Person = self.request.signed_in.person  # type: ignore[attr-defined]
        return person

    def render(
        self, *, template: str | None = None, status: int = 200, **context: Any
    ) -> HttpResponse:
        is_console = getattr(self.request, "face", "") == "console"
        given = {
            "frame": "web/console.html" if is_console else "web/desk.html",
            "title": self.title,
            "crumbs": [
                {"label": "账户与安全", "url": "/account/"},
                {"label": self.title, "url": ""},
            ],
        }
        return super().render(template=template, status=status, **{**given, **context})

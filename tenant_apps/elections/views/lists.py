"""What is due, how all terms stand, what was done; and one organisation's matters."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from kernel import clock
from kernel.permissions import can
from kernel.web.views import Page
from tenant_apps.elections import selectors
from tenant_apps.elections.permissions import ElectionPermission
from tenant_apps.elections.selectors import work
from tenant_apps.elections.selectors.board import board_of
from tenant_apps.elections.selectors.reminders import reminders_of
from tenant_apps.elections.selectors.terms import (
    LABELS,
    Level,
    bodies_visible_to,
    due_by,
    is_elected,
    level_of,
    soon,
)
from tenant_apps.organizations import selectors as organizations

SIZES: Final = (20, 50, 100)
SOON: Final = "soon"
"""Terms that end within six months, whichever of the three reminders has come."""


def page_of(request: HttpRequest, rows: Any) -> Any:
    asked = request.GET.get("size", "")
    size = int(asked) if asked.isdigit() and int(asked) in SIZES else SIZES[0]
    return Paginator(rows, size).get_page(request.GET.get("page"))


def tabs(current: str, *, mine: int | None = None) -> list[dict[str, Any]]:
    found = [
        ("due", "办理中", reverse("elections:elections"), mine),
        ("terms", "任期一览", reverse("elections:terms"), None),
        ("vacancies", "班子缺额", reverse("elections:vacancies"), None),
        ("closed", "已办结", reverse("elections:closed"), None),
    ]
    return [
        {"label": label, "url": url, "count": count, "is_current": key == current}
        for key, label, url, count in found
    ]


class Elections(Page):
    """``/elections/``: every case under way, what waits for the actor on top."""

    permission = ElectionPermission.BROWSE
    template_name = "elections/elections.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        today = clock.today()
        rows = work.cases_under_way(self.actor, today=today)
        mine = sum(one.is_mine for one in rows)
        counts = work.counts_by_level(self.actor, today=today)
        return self.render(
            title="换届与任职",
            crumbs=[{"label": "换届与任职"}],
            tabs=tabs("due", mine=mine),
            page_obj=page_of(request, rows),
            levels=_levels(counts),
            as_of=clock.now(),
            today=today,
        )


class Terms(Page):
    """``/elections/terms/``: the terms of all organisations, amber and red."""

    permission = ElectionPermission.BROWSE
    template_name = "elections/terms.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        today = clock.today()
        asked = request.GET.get("level", "")
        level = _level(asked)
        text = request.GET.get("q", "").strip()[:60]
        place = _place(self)
        bodies = bodies_visible_to(self.actor)
        if place is not None:
            bodies = bodies.filter(path__startswith=place.path)
        if text:
            found = organizations.search(self.actor, text)
            bodies = bodies.filter(pk__in=found.values("pk"))
        rows = soon(bodies, today) if asked == SOON else bodies.order_by("term_ends_on", "path")
        page = page_of(request, due_by(bodies, level, today) if level is not None else rows)
        page.object_list = work.terms_of(list(page.object_list), today=today)
        counts = work.counts_by_level(self.actor, today=today)
        return self.render(
            title="任期一览",
            crumbs=[
                {"label": "换届与任职", "url": reverse("elections:elections")},
                {"label": "任期一览"},
            ],
            tabs=tabs("terms"),
            page_obj=page,
            levels=_levels(counts),
            level=level.name.lower() if level is not None else asked if asked == SOON else "",
            place=place,
            chips=_chips(place, asked),
            q=text,
            as_of=clock.now(),
        )


class Closed(Page):
    """``/elections/closed/``: cases done and given up."""

    permission = ElectionPermission.BROWSE
    template_name = "elections/closed.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        rows = selectors.elections_visible_to(self.actor).filter(closed_at__isnull=False)
        return self.render(
            title="已办结的换届事项",
            crumbs=[
                {"label": "换届与任职", "url": reverse("elections:elections")},
                {"label": "已办结"},
            ],
            tabs=tabs("closed"),
            page_obj=page_of(request, rows.order_by("-closed_at", "-id")),
        )


class OrganizationMatters(Page):
    """``/elections/organizations/<id>/``: board, posts and cases of one organisation."""

    permission = ElectionPermission.BROWSE
    template_name = "elections/organization.html"

    def get(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        org = selectors.organization_for(self.actor, org_id, to=self.permission)
        today = clock.today()
        superior = selectors.superior_of(org)
        rows = selectors.elections_visible_to(self.actor).filter(org_id=org.pk)
        past = selectors.past_posts_of(org.pk, on=today)
        may_prepare = can(self.actor, ElectionPermission.PREPARE, org)
        may_decide = can(self.actor, ElectionPermission.DECIDE, superior)
        return self.render(
            title="班子与任期",
            scope=org.short_name or org.name,
            crumbs=[
                {"label": "换届与任职", "url": reverse("elections:elections")},
                {"label": org.short_name or org.name},
            ],
            org=org,
            board=board_of(org, on=today),
            term=work.terms_of([org], today=today)[0],
            superior=superior,
            is_elected=is_elected(org.kind),
            extension=selectors.open_extension(org.pk),
            cases=rows[:50],
            past=[(one, selectors.label_of(one)) for one in past[:50]],
            reminders=reminders_of(org.pk)[:20],
            may_start=may_prepare or may_decide,
            may_urge=may_decide and level_of(org.term_ends_on, today) is Level.OVERDUE,
            may_prepare=may_prepare,
            may_appoint=can(self.actor, ElectionPermission.APPOINT, superior),
        )


def _levels(counts: dict[Level, int]) -> list[dict[str, Any]]:
    return [
        {
            "key": level.name.lower(),
            "label": LABELS[level],
            "count": count,
            "tone": work.TONES[level],
        }
        for level, count in counts.items()
    ]


def _chips(place: Any, level: str) -> list[dict[str, str]]:
    if place is None:
        return []
    address = reverse("elections:terms")
    url = f"{address}?level={level}" if level == SOON or _level(level) is not None else address
    return [{"label": f"{place.short_name or place.name}及下级", "url": url}]


def _place(page: Page) -> Any:
    """The organisation in the address to whose sub-tree a list keeps, if the actor sees it."""
    try:
        key = UUID(page.request.GET.get("org", ""))
    except ValueError:
        return None
    return organizations.organizations_visible_to(page.actor).filter(pk=key).first()


def _level(text: str) -> Level | None:
    return next((level for level in Level if level.name.lower() == text), None)

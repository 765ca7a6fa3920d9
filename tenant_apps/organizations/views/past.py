"""Pages of the past: the tree on a day, how an organisation came to be, and a drawing to print."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from kernel import clock
from kernel.web.views import Page
from tenant_apps.organizations import selectors
from tenant_apps.organizations.permissions import OrganizationPermission
from tenant_apps.organizations.selectors import chart, graph, past, timeline
from tenant_apps.organizations.views.presenting import form_context

_SHOWN = 30
_MOST_TURNS = 60
_FORMATS = (("a4", "A4 横向"), ("a3", "A3 横向"))


class TreeOnDay(Page):
    """``/organizations/past/?on=``: the tree as it was at the end of a day."""

    permission = OrganizationPermission.BROWSE
    template_name = "organizations/past.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        today = clock.today()
        day = _day(request, today)
        since = day - dt.timedelta(days=365)
        turns = past.turns_between(self.actor, since, day, most=_MOST_TURNS)
        return self.render(
            title="历史架构",
            crumbs=[{"label": "组织架构", "url": "/organizations/"}, {"label": "历史架构"}],
            day=day,
            today=today,
            nodes=[
                (root, past.level_on(self.actor, day, below=root.id))
                for root in past.level_on(self.actor, day, below=None)
            ],
            entries=timeline.entries_of(turns),
        )


class LevelOnDay(Page):
    """``/organizations/past/<id>/?on=``: one level of it, when it is opened."""

    permission = OrganizationPermission.BROWSE
    template_name = "organizations/parts/past_nodes.html"

    def get(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        found = selectors.past_organization_for(
            self.actor, org_id, to=OrganizationPermission.BROWSE
        )
        day = _day(request, clock.today())
        return self.render(nodes=past.level_on(self.actor, day, below=found.pk), day=day)


class HistoryGraph(Page):
    """``/organizations/<id>/history/``: also of an organisation that has ended."""

    permission = OrganizationPermission.BROWSE
    template_name = "organizations/history.html"

    def get(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        found = selectors.past_organization_for(
            self.actor, org_id, to=OrganizationPermission.BROWSE
        )
        drawn = graph.graph_of(found, today=clock.today())
        return self.render(
            **form_context("历史沿革", found, None),
            graph=drawn,
            entries=timeline.entries_of(drawn.turns),
        )


class Drawing(Page):
    """``/organizations/<id>/drawing/``: the sub-tree on one sheet of A4 or A3."""

    permission = OrganizationPermission.BROWSE
    template_name = "organizations/drawing.html"

    def get(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        found = selectors.organization_for(self.actor, org_id, to=OrganizationPermission.BROWSE)
        levels = request.GET.get("levels", "")
        paper = request.GET.get("paper", "a4")
        drawn = chart.chart_of(found, levels=int(levels) if levels in set("123456789") else None)
        return self.render(
            title=f"组织架构图 · {found.short_name or found.name}",
            org=found,
            chart=drawn,
            paper=paper if paper in dict(_FORMATS) else "a4",
            papers=_FORMATS,
            choices=range(1, min(drawn.depth, 9) + 1),
            as_of=clock.now(),
            back_url=f"/organizations/{found.pk}/",
        )


def _day(request: HttpRequest, today: dt.date) -> dt.date:
    """The day that is asked for; today for none, and for one to come."""
    try:
        day = dt.date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        return today
    return min(day, today)

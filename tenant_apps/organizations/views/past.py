"""Pages of the past: the tree on a day, how an organisation came to be, and a drawing to print."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

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
            usual_days=_usual_days(today),
            nodes=[
                _node(root, day, [_node(one, day) for one in self._below(root, day)])
                for root in past.level_on(self.actor, day, below=None)
            ],
            entries=timeline.entries_of(turns),
        )

    def _below(self, root: past.PastOrganization, day: dt.date) -> list[past.PastOrganization]:
        return past.level_on(self.actor, day, below=root.id)


class LevelOnDay(Page):
    """``/organizations/past/<id>/?on=``: one level of it, when it is opened."""

    permission = OrganizationPermission.BROWSE
    template_name = "web/parts/tree_nodes.html"

    def get(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        found = selectors.past_organization_for(
            self.actor, org_id, to=OrganizationPermission.BROWSE
        )
        day = _day(request, clock.today())
        level = past.level_on(self.actor, day, below=found.pk)
        return self.render(nodes=[_node(one, day) for one in level])


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


def _node(
    one: past.PastOrganization, day: dt.date, children: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """An organisation of the day as the tree component reads it."""
    return {
        "label": one.label,
        "kind": one.mark,
        "url": reverse("organization-history", args=[one.id]),
        "note": "今已不存在" if one.has_ended else "",
        "has_children": one.has_children,
        "children": children,
        "children_url": f"{reverse('organizations-past-level', args=[one.id])}?on={day}",
        "is_expanded": bool(children),
    }


def _usual_days(today: dt.date) -> list[tuple[str, dt.date]]:
    """Days that are often looked at."""
    ends = [
        (f"{year} 年底", dt.date(year, 12, 31))
        for year in range(today.year - 1, today.year - 4, -1)
    ]
    return [("今天", today), *ends]

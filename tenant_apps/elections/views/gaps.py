"""What is missing: boards that have lost somebody, and posts that only a roster tells of."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError
from kernel.permissions import can
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.elections import forms
from tenant_apps.elections.permissions import ElectionPermission
from tenant_apps.elections.selectors import cases
from tenant_apps.elections.selectors.taking_over import proposals_for
from tenant_apps.elections.selectors.vacancies import vacancies_visible_to
from tenant_apps.elections.services import taking_over
from tenant_apps.elections.views.lists import page_of, tabs

_HOME: Final = "换届与任职"


def _crumbs(title: str) -> list[dict[str, str]]:
    return [{"label": _HOME, "url": reverse("elections:elections")}, {"label": title}]


class Vacancies(Page):
    """``/elections/vacancies/``: where a by-election is proposed."""

    permission = ElectionPermission.BROWSE
    template_name = "elections/vacancies.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        page = page_of(request, vacancies_visible_to(self.actor))
        superiors = cases.superiors_of(one.org.path for one in page.object_list)
        rows = [
            {
                "vacancy": one,
                "may_start": can(self.actor, ElectionPermission.PREPARE, one.org)
                or can(self.actor, ElectionPermission.DECIDE, superiors[one.org.path]),
            }
            for one in page.object_list
        ]
        return self.render(
            title="班子缺额",
            crumbs=_crumbs("班子缺额"),
            tabs=tabs("vacancies"),
            page_obj=page,
            rows=rows,
        )


class RosterPosts(Page):
    """``/elections/roster/``: what rosters say of posts; one is taken over at a time."""

    permission = ElectionPermission.APPOINT
    template_name = "elections/roster.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._shown(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = forms.TakeOverForm(request.POST)
        if not form.is_valid():
            return self._shown(request, problem="请填写任职日期。", status=422)
        try:
            (made,) = taking_over.accept(choices=[form.choice()], actor=self.actor, now=clock.now())
        except DomainError as error:
            return self._shown(request, problem=error.message, status=422)
        toast(request, f"已登记任职，自 {made.began_on} 起")
        return HttpResponseRedirect(reverse("elections:roster"))

    def _shown(self, request: HttpRequest, problem: str = "", status: int = 200) -> HttpResponse:
        found = proposals_for(self.actor)
        open_ones = [one for one in found if not one.problem]
        shows_left = request.GET.get("show") == "left"
        left = [one for one in found if one.problem]
        ready = sum(one.is_ready for one in open_ones)
        return self.render(
            title="接收名册中的任职",
            crumbs=_crumbs("接收名册中的任职"),
            toll=[("将登记任职", min(ready, taking_over.MOST))],
            page_obj=page_of(request, left if shows_left else open_ones),
            shows_left=shows_left,
            tabs=_tabs(len(open_ones), len(left), is_left=shows_left),
            ready=ready,
            problem=problem,
            status=status,
        )


def _tabs(proposed: int, left: int, *, is_left: bool) -> list[dict[str, Any]]:
    here = reverse("elections:roster")
    return [
        {"label": "可以接收", "url": here, "count": proposed, "is_current": not is_left},
        {"label": "保留原文", "url": f"{here}?show=left", "count": left, "is_current": is_left},
    ]


class TakeAllOver(Page):
    """``/elections/roster/all/``: every proposal that needs nothing more."""

    permission = ElectionPermission.APPOINT

    def post(self, request: HttpRequest) -> HttpResponse:
        made, left = taking_over.accept_ready(actor=self.actor, now=clock.now())
        more = f"，还有 {left} 项可以继续接收" if left else ""
        toast(request, f"已登记 {made} 项任职{more}")
        return HttpResponseRedirect(reverse("elections:roster"))

"""The board of a branch, the work list by what is due, and what has ended."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from kernel import clock
from kernel.permissions import can
from kernel.web.views import Page
from tenant_apps.admissions import selectors
from tenant_apps.admissions.models import State
from tenant_apps.admissions.permissions import AdmissionPermission
from tenant_apps.admissions.selectors.duties import sort_of
from tenant_apps.admissions.selectors.work import Work, is_running
from tenant_apps.organizations import selectors as organizations

_MOST_BRANCHES = 100
_SORTS = {
    "talk": "派人谈话", "inspection": "半年考察", "notice": "公示", "meeting": "支部大会",
    "approval": "上级审批", "probation": "预备期满", "committee": "党委办理",
    "step": "可以办理", "opens": "未到时间",
}  # fmt: skip
_LATE = {"1": "已超期", "0": "未超期的待办"}
_YEAR = re.compile(r"[12]\d{3}", re.ASCII)


class Board(Page):
    """``/admissions/``: the open cases by stage."""

    permission = AdmissionPermission.BROWSE
    template_name = "admissions/board.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        org, q = chosen_branch(self), _q(request)
        board = selectors.board_of(
            self.actor, org_path=org.path if org else "", q=q, today=clock.today()
        )
        return self.render(**common(self, "board", org, q), board=board)


class WorkList(Page):
    """``/admissions/work/``: what waits, the most pressing first."""

    permission = AdmissionPermission.BROWSE
    template_name = "admissions/work.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        org, q = chosen_branch(self), _q(request)
        work = selectors.work_of(
            self.actor, org_path=org.path if org else "", q=q, today=clock.today()
        )
        sort = request.GET.get("sort", "")
        late = request.GET.get("late", "")
        shown = [one for one in work if not sort or sort_of(one) == sort]
        if late in _LATE:
            shown = [one for one in shown if is_running(one) and one.is_overdue == (late == "1")]
        return self.render(
            **common(self, "work", org, q),
            sorts=_sorts(work),
            sort=sort if sort in _SORTS else "",
            chips=_chips(request, _LATE.get(late, ""), "late"),
            page_obj=Paginator(shown, 50).get_page(request.GET.get("page")),
        )


class Ended(Page):
    """``/admissions/ended/``: cases that are closed, the newest first."""

    permission = AdmissionPermission.BROWSE
    template_name = "admissions/ended.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        org, q = chosen_branch(self), _q(request)
        cases = selectors.cases_visible_to(self.actor).exclude(state=State.OPEN)
        if org is not None:
            cases = cases.filter(org_path__startswith=org.path)
        if q:
            cases = cases.filter(name__contains=q)
        year = request.GET.get("year", "")
        if _YEAR.fullmatch(year):
            cases = cases.filter(closed_on__year=int(year))
        pages = Paginator(cases.order_by("-closed_on", "-id"), 50)
        return self.render(
            **common(self, "ended", org, q),
            chips=_chips(request, f"{year} 年结束" if _YEAR.fullmatch(year) else "", "year"),
            page_obj=pages.get_page(request.GET.get("page")),
        )


def _chips(request: HttpRequest, label: str, name: str) -> list[dict[str, str]]:
    """A filter that came with the address, to be taken away."""
    if not label:
        return []
    kept = request.GET.copy()
    kept.pop(name)
    return [{"label": label, "url": f"?{kept.urlencode()}"}]


def common(page: Page, view: str, org: Any, q: str) -> dict[str, Any]:
    """What the three lists share."""
    ended = selectors.cases_visible_to(page.actor).exclude(state=State.OPEN).count()
    running = selectors.open_cases(page.actor)
    address = f"?org={org.pk}" if org else ""
    tabs = (
        ("board", "进度看板", "board", running.count()),
        ("work", "待办清单", "work", None),
        ("ended", "已结束", "ended", ended),
    )
    return {
        "title": "发展党员",
        "as_of": clock.now(),
        "scope": org.short_name or org.name if org else "您管理的全部党支部",
        "tabs_of_lists": [
            {
                "label": label,
                "url": reverse(f"admissions:{name}") + address,
                "count": count,
                "is_current": key == view,
            }
            for key, label, name, count in tabs
        ],
        "branches": _branches(running),
        "org": org,
        "q": q,
        "may_record": can(page.actor, AdmissionPermission.RECORD),
    }


def chosen_branch(page: Page) -> Any:
    """The organisation in the address, if the actor sees it."""
    text = page.request.GET.get("org", "")
    try:
        key = UUID(text)
    except ValueError:
        return None
    return organizations.organizations_visible_to(page.actor).filter(pk=key).first()


def _q(request: HttpRequest) -> str:
    return request.GET.get("q", "").strip()[:60]


def _branches(cases: Any) -> list[tuple[UUID, str]]:
    """The branches in which somebody is on the way."""
    rows = cases.values_list("org_id", "org__short_name", "org__name", "org_path").distinct()
    found = sorted(set(rows), key=lambda row: row[3])[:_MOST_BRANCHES]
    return [(pk, short or name) for pk, short, name, _ in found]


def _sorts(work: list[Work]) -> list[tuple[str, str, int]]:
    counts: dict[str, int] = {}
    for one in work:
        counts[sort_of(one)] = counts.get(sort_of(one), 0) + 1
    return [(key, label, counts[key]) for key, label in _SORTS.items() if key in counts]

"""Reminding chosen members of what they owe: who is told, who is not and why, then the sending."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors.reminders import MOST_AT_ONCE, REASONS
from tenant_apps.dues.services import reminding
from tenant_apps.members import selectors as members
from tenant_apps.members.forms.picking import picked

_NAMED = 12
"""Names shown of those who are left out for a reason."""


class RemindMembers(Page):
    """``/dues/reminders/``: POST with rows of the member list previews, with ``send`` it sends."""

    permission = DuesPermission.REMIND
    template_name = "dues/remind.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._shown(request.GET)

    def post(self, request: HttpRequest) -> HttpResponse:
        if "send" not in request.POST:
            return self._shown(request.POST)
        chosen = self._chosen(request.POST)
        try:
            done = reminding.remind(members=chosen, actor=self.actor, now=clock.now())
        except DomainError as error:
            return self._shown(request.POST, problem=error)
        toast(request, f"已向 {len(done.told)} 名党员发送交纳提醒")
        return HttpResponseRedirect(_way_back(request.POST))

    def _chosen(self, data: QueryDict) -> list[Any]:
        ids = picked(self.actor, data, most=MOST_AT_ONCE, today=clock.today())
        return members.members_for(self.actor, ids, to=self.permission)

    def _shown(self, data: QueryDict, problem: DomainError | None = None) -> HttpResponse:
        chosen = self._chosen(data)
        found = None
        try:
            found = reminding.preview(members=chosen, now=clock.now()) if chosen else None
        except DomainError as error:
            problem = error
        return self.render(
            title="提醒交纳党费",
            crumbs=[{"label": "党员名册", "url": reverse("members")}, {"label": "提醒交纳党费"}],
            chosen=chosen,
            ids=",".join(str(one.pk) for one in chosen),
            address=data.get("address", ""),
            back_url=_way_back(data),
            found=found,
            sample=reminding.sample(found.told[0]) if found and found.told else "",
            left_out=_left_out(found) if found else [],
            problem=problem.message if problem else "",
            status=422 if problem else 200,
        )


def _left_out(found: reminding.Reminder) -> list[dict[str, Any]]:
    return [
        {
            "text": REASONS[standing],
            "count": len(rows),
            "names": [one.member.name for one in rows[:_NAMED]],
            "is_more": len(rows) > _NAMED,
        }
        for standing, rows in found.left_out.items()
    ]


def _way_back(data: QueryDict) -> str:
    address = data.get("address", "")
    return f"{reverse('members')}?{address}" if address else reverse("members")

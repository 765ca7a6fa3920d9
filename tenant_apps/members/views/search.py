"""Ctrl K: members and organisations that the actor sees, by name or pinyin."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from kernel.web.views import Page
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors import Filters, members_visible_to, sorted_by
from tenant_apps.organizations import selectors as organizations

_MOST = 20


class Search(Page):
    """``/search/?q=``."""

    permission = MemberPermission.BROWSE
    template_name = "members/search.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        text = request.GET.get("q", "").strip()[:60]
        members = members_visible_to(self.actor, filters=Filters(q=text))
        found = list(sorted_by(members, "name")[: _MOST + 1]) if text else []
        orgs = list(organizations.search(self.actor, text)[: _MOST + 1])
        return self.render(
            title=f"搜索「{text}」" if text else "搜索",
            q=text,
            members=found[:_MOST],
            more_members=len(found) > _MOST,
            organizations=orgs[:_MOST],
            more_organizations=len(orgs) > _MOST,
        )

"""The versions of a file: what changed, the file as it was on a day, one field back."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.permissions import can
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors import member_for
from tenant_apps.members.selectors.fields import BY_KEY, shown_of
from tenant_apps.members.selectors.versions import as_of, old_value, version_for, versions_of
from tenant_apps.members.services import filing
from tenant_apps.members.views.files import crumbs_of

_PER_PAGE = 20


class Versions(Page):
    """``/members/<id>/versions/``; with ``?on=2025-12-31`` the file as it was that day."""

    permission = MemberPermission.READ
    template_name = "members/versions.html"

    def get(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        member = member_for(self.actor, member_id, to=MemberPermission.READ)
        day = _day(request.GET.get("on", ""))
        then, org_name = as_of(member, day) if day else ([], "")
        pages = Paginator(versions_of(member), _PER_PAGE)
        return self.render(
            member=member,
            title=f"档案版本 · {member.name}",
            crumbs=crumbs_of(member, "档案版本"),
            page_obj=pages.get_page(request.GET.get("page")),
            on=day,
            then=[(field.label, text, shown_of(member, field)) for field, text in then],
            then_org=org_name,
            now_org=member.org.short_name or member.org.name,
            may_edit=can(self.actor, MemberPermission.EDIT, member),
        )


class RestoreField(Page):
    """``/members/versions/<event>/restore/``: one field as it was before a correction."""

    permission = MemberPermission.EDIT

    def post(self, request: HttpRequest, event_id: UUID) -> HttpResponse:
        member, event = version_for(self.actor, event_id, to=MemberPermission.EDIT)
        key = request.POST.get("field", "")
        value = old_value(event, key)
        label = BY_KEY[key].label
        filing.correct(
            member=member,
            sheet=replace(filing.sheet_of(member), **{key: value}),
            reason=f"恢复{label}的原值",
            actor=self.actor,
            today=clock.today(),
            now=clock.now(),
        )
        toast(request, f"{label}已恢复为原值。")
        return HttpResponseRedirect(reverse("member-versions", args=[member.pk]))


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None

"""Posts between elections: appoint, end."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.elections import forms, selectors
from tenant_apps.elections.permissions import ElectionPermission
from tenant_apps.elections.selectors import electors, inspection
from tenant_apps.elections.services import appointing
from tenant_apps.members import selectors as members
from tenant_apps.members.permissions import MemberPermission


def _crumbs(org: Any, title: str) -> list[dict[str, str]]:
    name = org.short_name or org.name
    return [
        {"label": "换届与任职", "url": reverse("elections:elections")},
        {"label": name, "url": reverse("elections:organization", args=[org.pk])},
        {"label": title},
    ]


class Appoint(Page):
    """``/elections/organizations/<id>/appoint/``."""

    permission = ElectionPermission.APPOINT
    template_name = "elections/simple_form.html"

    def get(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        org = self._org(org_id)
        return self._shown(org, self._form(org, None))

    def post(self, request: HttpRequest, org_id: UUID) -> HttpResponse:
        org = self._org(org_id)
        form = self._form(org, request.POST)
        if not form.is_valid():
            return self._shown(org, form, status=422)
        values = form.cleaned_data
        try:
            member = members.member_for(
                self.actor, UUID(values.pop("member")), to=MemberPermission.READ
            )
            made = appointing.appoint(
                org=org, member=member, actor=self.actor, now=clock.now(), **values
            )
        except DomainError as error:
            self.form_error(form, error)
            return self._shown(org, form, status=422)
        toast(request, f"已登记 {member.name} 任{selectors.label_of(made)}")
        return HttpResponseRedirect(reverse("elections:organization", args=[org.pk]))

    def _org(self, org_id: UUID) -> Any:
        return selectors.organization_for(self.actor, org_id, to=self.permission)

    def _form(self, org: Any, data: Any) -> forms.AppointForm:
        voters = electors.full_members(inspection.field_of(org)).values_list("pk", "name")
        return forms.AppointForm(data, voters=voters, initial={"began_on": clock.today()})

    def _shown(self, org: Any, form: forms.AppointForm, status: int = 200) -> HttpResponse:
        return self.render(
            title="指派任职",
            scope=org.short_name or org.name,
            crumbs=_crumbs(org, "指派任职"),
            form=form,
            submit="登记任职",
            advice="上级党组织认为有必要时可以指派；不改变本届任期。",
            back_url=reverse("elections:organization", args=[org.pk]),
            status=status,
        )


class EndPost(Page):
    """``/elections/posts/<id>/end/``."""

    permission = ElectionPermission.APPOINT
    template_name = "elections/simple_form.html"

    def get(self, request: HttpRequest, post_id: UUID) -> HttpResponse:
        return self._shown(post_id, forms.EndPostForm(initial={"ended_on": clock.today()}))

    def post(self, request: HttpRequest, post_id: UUID) -> HttpResponse:
        form = forms.EndPostForm(request.POST)
        if not form.is_valid():
            return self._shown(post_id, form, status=422)
        post = self._post(post_id)
        try:
            appointing.end(post=post, actor=self.actor, now=clock.now(), **form.cleaned_data)
        except DomainError as error:
            self.form_error(form, error)
            return self._shown(post_id, form, status=422)
        toast(request, f"已登记 {post.member.name} 离任{selectors.label_of(post)}")
        return HttpResponseRedirect(reverse("elections:organization", args=[post.org_id]))

    def _post(self, post_id: UUID) -> Any:
        post = selectors.post_for(self.actor, post_id)
        selectors.organization_for(self.actor, post.org_id, to=self.permission)
        return post

    def _shown(self, post_id: UUID, form: forms.EndPostForm, status: int = 200) -> HttpResponse:
        post = self._post(post_id)
        label = selectors.label_of(post)
        return self.render(
            title="登记离任",
            scope=f"{post.member.name}，{label}，{post.began_on} 任职",
            crumbs=_crumbs(post.org, "登记离任"),
            form=form,
            submit="登记离任",
            back_url=reverse("elections:organization", args=[post.org_id]),
            status=status,
        )

"""The yearly publication: on the desk before and after, on the phone of every member."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError
from kernel.permissions import can
from kernel.statuses import status_of
from kernel.unit import current_unit
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.treasury.forms import AnswerForm, CommentForm, PublishForm, ReasonForm
from tenant_apps.treasury.models import Publication, PublicationState
from tenant_apps.treasury.permissions import TreasuryPermission
from tenant_apps.treasury.selectors import publications, sweeps
from tenant_apps.treasury.services import publishing
from tenant_apps.treasury.views.books import ROOT

_LIST = {"label": "党费公示", "url": "/treasury/publications/"}


class Publications(Page):
    """`/treasury/publications/`: the years, and the one that is due."""

    permission = TreasuryPermission.BROWSE
    template_name = "treasury/publications.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        year = clock.today().year
        found = publications.publications_visible_to(self.actor)
        known = {one.year for one in found}
        return self.render(
            found=found,
            may_publish=can(self.actor, TreasuryPermission.PUBLISH, Publication()),
            open_years=[one for one in (year, year - 1) if one not in known],
            title="党费公示",
            crumbs=[ROOT, {"label": "党费公示", "url": ""}],
        )


class YearPage(Page):
    """`/treasury/publications/2026/`: what members see or would see; publish by POST."""

    permission = TreasuryPermission.PUBLISH
    template_name = "treasury/publication.html"

    def shown(self, year: int, form: PublishForm, status: int = 200) -> HttpResponse:
        sweeps.require_whole(self.actor, self.permission)
        held = publications.publication_of(year)
        is_out = held is not None and held.state == PublicationState.PUBLISHED
        return self.render(
            year=year,
            publication=held,
            is_out=is_out,
            figures=held.figures
            if held is not None and is_out
            else publications.figures_of(year, clock.today()),
            comments=publications.comments_on(self.actor, year),
            unit_name=current_unit().name,
            form=form,
            as_of=clock.now(),
            title=f"{year} 年度党费公示",
            crumbs=[ROOT, _LIST, {"label": f"{year} 年度", "url": ""}],
            status=status,
        )

    def get(self, request: HttpRequest, year: int) -> HttpResponse:
        return self.shown(year, PublishForm())

    def post(self, request: HttpRequest, year: int) -> HttpResponse:
        sweeps.require_whole(self.actor, self.permission)
        form = PublishForm(request.POST)
        if not form.is_valid():
            return self.shown(year, form, 422)
        try:
            publishing.publish(
                year=year, note=form.cleaned_data["note"], actor=self.actor, now=clock.now()
            )
        except DomainError as error:
            self.form_error(form, error)
            return self.shown(year, form, status_of(error))
        toast(request, f"{year} 年度党费已公示，全体党员可以在手机上看到")
        return HttpResponseRedirect(reverse("treasury:publication", args=[year]))


class WithdrawYear(Page):
    permission = TreasuryPermission.PUBLISH

    def post(self, request: HttpRequest, year: int) -> HttpResponse:
        sweeps.require_whole(self.actor, self.permission)
        form = ReasonForm(request.POST)
        reason = form.cleaned_data["reason"] if form.is_valid() else ""
        publishing.withdraw(year=year, reason=reason, actor=self.actor, now=clock.now())
        toast(request, "已撤回公示")
        return HttpResponseRedirect(reverse("treasury:publication", args=[year]))


class AnswerComment(Page):
    permission = TreasuryPermission.PUBLISH

    def post(self, request: HttpRequest, comment_id: UUID) -> HttpResponse:
        found = publications.comment_for(self.actor, comment_id)
        form = AnswerForm(request.POST)
        if form.is_valid():
            publishing.answer(comment=found, **form.cleaned_data, actor=self.actor, now=clock.now())
            toast(request, "已保存答复")
        year = found.publication.year
        return HttpResponseRedirect(reverse("treasury:publication", args=[year]))


class MyPublications(Page):
    """`/m/publications/`: the published years."""

    permission = TreasuryPermission.READ
    template_name = "treasury/phone/publications.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render(found=publications.published(), title="党费公示", back_url="/m/")


class MyYear(Page):
    """`/m/publications/2026/`: the figures; a comment by POST."""

    permission = TreasuryPermission.READ
    template_name = "treasury/phone/publication.html"

    def shown(self, found: Publication, form: CommentForm, status: int = 200) -> HttpResponse:
        return self.render(
            publication=found,
            figures=found.figures,
            comments=publications.comments_for_member(self.actor, found),
            form=form,
            title=f"{found.year} 年度党费公示",
            back_url=reverse("m-treasury:publications"),
            status=status,
        )

    def get(self, request: HttpRequest, year: int) -> HttpResponse:
        return self.shown(publications.published_for(self.actor, year), CommentForm())

    def post(self, request: HttpRequest, year: int) -> HttpResponse:
        found = publications.published_for(self.actor, year)
        form = CommentForm(request.POST)
        if not form.is_valid():
            return self.shown(found, form, 422)
        try:
            publishing.comment(
                publication=found,
                text=form.cleaned_data["text"],
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as error:
            self.form_error(form, error)
            return self.shown(found, form, status_of(error))
        toast(request, "意见已送达党费管理员")
        return HttpResponseRedirect(reverse("m-treasury:publication", args=[year]))

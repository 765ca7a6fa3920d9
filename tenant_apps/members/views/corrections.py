"""What members ask to have corrected, at the desk: the list, one request, the decision."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError
from kernel.web.downloads import handed_in
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.members.forms import AnswerForm
from tenant_apps.members.models import Correction
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors.corrections import (
    correction_for,
    corrections_visible_to,
    shown_correction,
)
from tenant_apps.members.services import corrections

_PER_PAGE = 20


class Corrections(Page):
    """``/members/corrections/``: what waits, or with ``?tab=decided`` what was decided."""

    permission = MemberPermission.EDIT
    template_name = "members/corrections.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        is_waiting = request.GET.get("tab") != "decided"
        rows = corrections_visible_to(self.actor, is_waiting=is_waiting)
        page = Paginator(rows, _PER_PAGE).get_page(request.GET.get("page"))
        home = reverse("member-corrections")
        tabs = [
            {"label": "待审核", "url": home, "is_current": is_waiting, "count": None},
            {"label": "已处理", "url": f"{home}?tab=decided", "is_current": not is_waiting,
             "count": None},
        ]  # fmt: skip
        return self.render(
            title="更正申请",
            crumbs=[{"label": "党员名册", "url": reverse("members")}, {"label": "更正申请"}],
            tabs=tabs,
            page_obj=page,
            shown=[shown_correction(row) for row in page],
            is_waiting=is_waiting,
        )


class OneCorrection(Page):
    """``/members/corrections/<id>/``."""

    permission = MemberPermission.EDIT
    template_name = "members/correction.html"

    def get(self, request: HttpRequest, correction_id: UUID) -> HttpResponse:
        return self.shown(correction_for(self.actor, correction_id), AnswerForm())

    def post(self, request: HttpRequest, correction_id: UUID) -> HttpResponse:
        """``decision`` is accept or refuse; a refusal says why in ``answer``."""
        row, form = correction_for(self.actor, correction_id), AnswerForm(request.POST)
        form.is_valid()
        try:
            if request.POST.get("decision") == "accept":
                corrections.accept(
                    correction=row, actor=self.actor, today=clock.today(), now=clock.now()
                )
                toast(request, "已采纳，档案已更正。")
            else:
                answer = form.cleaned_data.get("answer", "")
                corrections.refuse(correction=row, answer=answer, actor=self.actor, now=clock.now())
                toast(request, "已记为不采纳，本人可以看到理由。")
        except DomainError as error:
            self.form_error(form, error, error.data.get("field"))
            return self.shown(row, form, status=422)
        return HttpResponseRedirect(reverse("member-corrections"))

    def shown(self, row: Correction, form: AnswerForm, **more: Any) -> HttpResponse:
        shown = shown_correction(row)
        return self.render(
            title=f"{row.member.name}申请：{shown.label}",
            crumbs=[
                {"label": "党员名册", "url": reverse("members")},
                {"label": "更正申请", "url": reverse("member-corrections")},
                {"label": shown.label},
            ],
            correction=shown,
            member=row.member,
            form=form,
            is_own=self.actor.member_id == row.member_id,
            **more,
        )


class Proof(Page):
    """``/members/corrections/<id>/file/``: what the member attached."""

    permission = MemberPermission.EDIT

    def get(self, request: HttpRequest, correction_id: UUID) -> HttpResponse:
        return proof_of(correction_for(self.actor, correction_id))


def proof_of(row: Correction) -> HttpResponse:
    """The file to look at or to keep; a picture is shown, anything else is saved."""
    content, name = corrections.proof_of(row)
    return handed_in(content, name=name, is_shown=True)

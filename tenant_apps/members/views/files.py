"""A member's file: read it, correct it, see what is masked."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.actor import Actor
from kernel.errors import DomainError
from kernel.permissions import can
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.members.forms import FileForm, RevealForm
from tenant_apps.members.models import Member, party_age, whole_years
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors import history_of, member_for, sections_for
from tenant_apps.members.services import filing, revealing


class MemberFile(Page):
    """``/members/<id>/``."""

    permission = MemberPermission.READ
    template_name = "members/file.html"

    def get(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        member = member_for(self.actor, member_id, to=MemberPermission.READ)
        return self.render(**file_context(self.actor, member))


class RevealMember(Page):
    """``/members/<id>/reveal/``: the file with one masked value open; nothing is kept."""

    permission = MemberPermission.REVEAL
    template_name = "members/file.html"

    def post(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        member = member_for(self.actor, member_id, to=MemberPermission.REVEAL)
        form = RevealForm(request.POST)
        if not form.is_valid():
            context = file_context(self.actor, member) | {"reveal": form}
            return self.render(**context, status=422)
        what, reason = form.cleaned_data["what"], form.cleaned_data["reason"]
        open_it = {"identity": revealing.reveal_identity, "phone": revealing.reveal_phone}[what]
        value = open_it(member=member, reason=reason, actor=self.actor, now=clock.now())
        response = self.render(**file_context(self.actor, member) | {"shown": {what: value}})
        response["Cache-Control"] = "no-store"
        return response


class CorrectMember(Page):
    """``/members/<id>/edit/``."""

    permission = MemberPermission.EDIT
    template_name = "members/edit.html"

    def get(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        member = member_for(self.actor, member_id, to=MemberPermission.EDIT)
        return self._shown(member, FileForm(member=member))

    def post(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        member = member_for(self.actor, member_id, to=MemberPermission.EDIT)
        form = FileForm(request.POST, member=member)
        if form.is_valid() and self._correct(member, form):
            toast(request, f"已保存「{form.cleaned_data['name']}」的档案。")
            return HttpResponseRedirect(reverse("member", args=[member.pk]))
        return self._shown(member, form, status=422)

    def _correct(self, member: Member, form: FileForm) -> bool:
        try:
            filing.correct(
                member=member,
                sheet=form.sheet(),
                reason=form.cleaned_data["reason"],
                actor=self.actor,
                today=clock.today(),
                now=clock.now(),
            )
        except DomainError as error:
            fields = {"member_reason_needed": "reason", "member_phone_not_valid": "phone"}
            self.form_error(form, error, fields.get(error.code))
        return form.is_valid()

    def _shown(self, member: Member, form: FileForm, status: int = 200) -> HttpResponse:
        crumbs = [
            {"label": "党员名册", "url": reverse("members")},
            {"label": member.name, "url": reverse("member", args=[member.pk])},
            {"label": "更正档案"},
        ]
        title = f"更正档案 · {member.name}"
        return self.render(member=member, form=form, crumbs=crumbs, title=title, status=status)


def file_context(actor: Actor, member: Member) -> dict[str, Any]:
    """Everything that the page of a file shows; values that are masked stay masked."""
    today = clock.today()
    return {
        "member": member,
        "title": member.name,
        "crumbs": [
            {"label": "党员名册", "url": reverse("members")},
            {
                "label": member.org.short_name or member.org.name,
                "url": f"{reverse('members')}?org={member.org_id}",
            },
            {"label": member.name},
        ],
        "basics": _basics(member, today),
        "party": _party(member, today),
        "sections": sections_for(actor, member, today=today),
        "history": [
            {
                "at": entry.at,
                "title": f"{entry.who}{entry.what}",
                "text": "；".join(entry.details),
                "tone": entry.tone,
            }
            for entry in history_of(member)
        ],
        "as_of": clock.now(),
        "may_edit": can(actor, MemberPermission.EDIT, member),
        "may_move": can(actor, MemberPermission.MOVE, member),
        "may_reveal": can(actor, MemberPermission.REVEAL, member),
        "reveal": RevealForm(),
        "shown": {},
    }


def _basics(member: Member, today: dt.date) -> list[tuple[str, object]]:
    born = member.birth_on
    return [
        ("姓名", member.name),
        ("性别", member.gender_label),
        ("民族", member.ethnicity),
        ("出生日期", f"{born:%Y-%m-%d}（{whole_years(born, today)} 岁）" if born else ""),
        ("学历", member.education),
    ]


def _party(member: Member, today: dt.date) -> list[tuple[str, object]]:
    years = party_age(member.full_on, today)
    return [
        ("人员类别", member.get_category_display()),
        ("所在党组织", member.org.name),
        ("党内职务", member.posts),
        ("入党日期", f"{member.joined_on:%Y-%m-%d}" if member.joined_on else ""),
        ("转正日期", f"{member.full_on:%Y-%m-%d}" if member.full_on else ""),
        ("党龄", "" if years is None else f"{years} 年" if years else "不满 1 年"),
    ]

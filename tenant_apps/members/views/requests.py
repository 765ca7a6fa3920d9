"""The member's phone: asking for corrections of the own file, and what became of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError, NotFound
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.members.forms import AskEntryForm, AskFieldForm, PhotoForm, askable
from tenant_apps.members.models import Member
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors import own_file
from tenant_apps.members.selectors.corrections import (
    PHOTO,
    corrections_of,
    own_correction_for,
    photo_asked_for,
)
from tenant_apps.members.selectors.entry_sets import EntrySet
from tenant_apps.members.selectors.fields import FileField, shown_of
from tenant_apps.members.services import corrections
from tenant_apps.members.views.corrections import proof_of
from tenant_apps.members.views.phone import HOME


class NothingToAsk(NotFound):
    code = "member_nothing_to_ask"
    sentence = "这一项不能由本人申请更正，请联系所在党组织。"


class OwnCorrections(Page):
    """``/m/me/corrections/``: what was asked for; what may be."""

    permission = MemberPermission.SELF
    template_name = "members/own_corrections.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        member = own_file(self.actor)
        fields, sets = askable()
        return self.render(
            title="更正申请",
            back_url=HOME,
            corrections=corrections_of(member),
            fields=[(field, shown_of(member, field)) for field in fields],
            sets=sets,
        )


class AskCorrection(Page):
    """``/m/me/corrections/new/?field=…``: one field, or one row of a set."""

    permission = MemberPermission.SELF
    template_name = "members/own_ask.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        one = _asked(request.GET.get("field", ""))
        return self._shown(own_file(self.actor), one, _form(one))

    def post(self, request: HttpRequest) -> HttpResponse:
        member, one = own_file(self.actor), _asked(request.GET.get("field", ""))
        form = _form(one, request.POST, request.FILES)
        if form.is_valid():
            try:
                self._ask(member, one, form)
            except DomainError as error:
                self.form_error(form, error, _place(error, form))
            else:
                toast(request, "已提交，由所在党组织审核。")
                return HttpResponseRedirect(reverse("own-corrections"))
        return self._shown(member, one, form, status=422)

    def _ask(self, member: Member, one: FileField | EntrySet, form: Any) -> None:
        is_row = isinstance(one, EntrySet)
        corrections.ask(
            member=member,
            field=one.kind.value if isinstance(one, EntrySet) else one.key,
            wanted=form.wanted() if is_row else {"value": form.cleaned_data["value"]},
            reason=form.cleaned_data["reason"],
            proof=form.proof(),
            actor=self.actor,
            today=clock.today(),
            now=clock.now(),
        )

    def _shown(
        self, member: Member, one: FileField | EntrySet, form: Any, *, status: int = 200
    ) -> HttpResponse:
        is_row = isinstance(one, EntrySet)
        return self.render(
            title=f"申请{'新增' if is_row else '更正'}{one.label}",
            back_url=reverse("own-corrections"),
            one=one,
            old="" if isinstance(one, EntrySet) else shown_of(member, one),
            is_row=is_row,
            form=form,
            status=status,
        )


class AskPhoto(Page):
    """``/m/me/photo/new/``: another photo for the own file, decided like any correction."""

    permission = MemberPermission.SELF
    template_name = "members/own_photo.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._shown(own_file(self.actor), PhotoForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        member, form = own_file(self.actor), PhotoForm(request.POST, request.FILES)
        if form.is_valid():
            sent = form.cleaned_data["photo"]
            try:
                corrections.ask(
                    member=member,
                    field=PHOTO,
                    wanted={},
                    reason="本人上传照片",
                    proof=corrections.Proof(sent.name or "照片", sent.read()),
                    actor=self.actor,
                    today=clock.today(),
                    now=clock.now(),
                )
            except DomainError as error:
                self.form_error(form, error, "photo")
            else:
                toast(request, "照片已提交，由所在党组织核对后采用。")
                return HttpResponseRedirect(reverse("own-photo-ask"))
        return self._shown(member, form, status=422)

    def _shown(self, member: Member, form: PhotoForm, *, status: int = 200) -> HttpResponse:
        return self.render(
            title="本人照片",
            back_url=HOME,
            member=member,
            waiting=photo_asked_for(member),
            form=form,
            status=status,
        )


class WithdrawCorrection(Page):
    """``/m/me/corrections/<id>/withdraw/``."""

    permission = MemberPermission.SELF

    def post(self, request: HttpRequest, correction_id: UUID) -> HttpResponse:
        row = own_correction_for(self.actor, correction_id)
        corrections.withdraw(correction=row, actor=self.actor, now=clock.now())
        toast(request, "申请已撤回。")
        return HttpResponseRedirect(reverse("own-corrections"))


class OwnProof(Page):
    """``/m/me/corrections/<id>/file/``."""

    permission = MemberPermission.SELF

    def get(self, request: HttpRequest, correction_id: UUID) -> HttpResponse:
        return proof_of(own_correction_for(self.actor, correction_id))


def _asked(key: str) -> FileField | EntrySet:
    """The field or the set that a request is for; raises NothingToAsk."""
    fields, sets = askable()
    wanted: list[FileField | EntrySet] = [*fields, *sets]
    found = next((one for one in wanted if one.key == key), None)
    if found is None:
        raise NothingToAsk
    return found


def _form(one: FileField | EntrySet, data: Any = None, files: Any = None) -> Any:
    if isinstance(one, EntrySet):
        return AskEntryForm(data, files, one=one)
    return AskFieldForm(data, files, one=one)


def _place(error: DomainError, form: Any) -> str | None:
    """The field of the form at which a refusal is shown: most are about the new value."""
    field = error.data.get("field")
    if field in form.fields:
        return str(field)
    return "value" if "value" in form.fields else None

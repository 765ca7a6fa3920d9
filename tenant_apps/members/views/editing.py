"""Correcting a member's file, and its photo."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.members.forms import FileForm, PhotoForm
from tenant_apps.members.models import Member
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors import member_for
from tenant_apps.members.selectors.fields import BY_KEY, shown_of
from tenant_apps.members.selectors.versions import versions_of
from tenant_apps.members.services import filing, photos
from tenant_apps.members.services.filing import FileChanged
from tenant_apps.members.views.files import crumbs_of, file_context

_AT = {
    "member_reason_needed": "reason",
    "member_identity_reason_needed": "reason",
    "member_identity_differs": "reason",
    "member_identity_not_valid": "identity",
    "member_identity_taken": "identity",
    "member_phone_not_valid": "phone",
}
"""The field of the form at which a refusal is shown."""


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
        if not form.is_valid():
            return self._shown(member, form, status=422)
        try:
            self._correct(member, form)
        except FileChanged as changed:
            return self._conflict(member, form, changed)
        except DomainError as error:
            self.form_error(form, error, error.data.get("field") or _AT.get(error.code))
            return self._shown(member, form, status=422)
        toast(request, f"已保存「{form.cleaned_data['name']}」的档案。")
        return HttpResponseRedirect(reverse("member", args=[member.pk]))

    def _correct(self, member: Member, form: FileForm) -> None:
        filing.correct(
            member=member,
            sheet=form.sheet(),
            reason=form.cleaned_data["reason"],
            actor=self.actor,
            today=clock.today(),
            now=clock.now(),
            seen=form.seen_sheet(),
        )

    def _conflict(self, member: Member, form: FileForm, changed: FileChanged) -> HttpResponse:
        """Both values side by side; what the person wrote stays in the form."""
        mine = form.sheet()
        newest = next(iter(versions_of(member)), None)
        clashes = [
            (
                BY_KEY[key].label,
                shown_of(member, BY_KEY[key]),
                BY_KEY[key].shown(getattr(mine, key)),
            )
            for key in changed.data["fields"]
        ]
        return self._shown(member, form.rebased(member), status=409, clashes=clashes, newest=newest)

    def _shown(
        self, member: Member, form: FileForm, *, status: int = 200, **more: Any
    ) -> HttpResponse:
        return self.render(
            member=member,
            form=form,
            crumbs=crumbs_of(member, "更正档案"),
            title=f"更正档案 · {member.name}",
            status=status,
            **more,
        )


class Photo(Page):
    """``/members/<id>/photo/``: the picture itself."""

    permission = MemberPermission.READ

    def get(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        return picture_of(member_for(self.actor, member_id, to=MemberPermission.READ))


class PutPhoto(Page):
    """``/members/<id>/photo/put/``."""

    permission = MemberPermission.EDIT
    template_name = "members/file.html"

    def post(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        member = member_for(self.actor, member_id, to=MemberPermission.EDIT)
        form = PhotoForm(request.POST, request.FILES)
        try:
            if form.is_valid():
                content = form.cleaned_data["photo"].read()
                photos.put(member=member, content=content, actor=self.actor, now=clock.now())
                toast(request, "照片已更换，拍摄时间、地点等附带信息已清除。")
                return HttpResponseRedirect(reverse("member", args=[member.pk]))
        except DomainError as error:
            self.form_error(form, error, "photo")
        context = file_context(self.actor, member) | {"photo_form": form}
        return self.render(**context, status=422)


class RemovePhoto(Page):
    """``/members/<id>/photo/remove/``."""

    permission = MemberPermission.EDIT

    def post(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        member = member_for(self.actor, member_id, to=MemberPermission.EDIT)
        photos.remove(member=member, actor=self.actor, now=clock.now())
        toast(request, "照片已移除。")
        return HttpResponseRedirect(reverse("member", args=[member.pk]))


def picture_of(member: Member) -> HttpResponse:
    """The photo, shown and never run, and kept by no cache on the way."""
    content, media_type = photos.read(member)
    response = HttpResponse(content, content_type=media_type)
    response["Cache-Control"] = "private, max-age=60"
    response["Content-Disposition"] = "inline"
    response["X-Content-Type-Options"] = "nosniff"
    return response

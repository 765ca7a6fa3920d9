"""The scans of a row: hand one in, open it, take it out."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError
from kernel.papers import Upload
from kernel.web.downloads import handed_in
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors.entries import entry_for
from tenant_apps.members.services import scans


class AttachScan(Page):
    """``/members/entries/<entry>/scans/``."""

    permission = MemberPermission.EDIT

    def post(self, request: HttpRequest, entry_id: UUID) -> HttpResponse:
        entry = entry_for(self.actor, entry_id, to=MemberPermission.EDIT)
        file = request.FILES.get("file")
        content = file.read(scans.LARGEST + 1) if file else b""
        upload = Upload((file.name if file else "") or "", content)
        try:
            made = scans.attach(entry=entry, file=upload, actor=self.actor, now=clock.now())
        except DomainError as error:
            toast(request, error.message, level="error")
        else:
            toast(request, f"已上传附件「{made.name}」。")
        return HttpResponseRedirect(reverse("member-entry", args=[entry.pk]))


class ScanFile(Page):
    """``/members/entries/<entry>/scans/<digest>/``: the file as it was handed in."""

    permission = MemberPermission.READ
    is_paper = True

    def get(self, request: HttpRequest, entry_id: UUID, mark: str) -> HttpResponse:
        entry = entry_for(self.actor, entry_id, to=MemberPermission.READ)
        scan, content = scans.read(entry=entry, mark=mark)
        return handed_in(content, name=scan.name, is_shown=True)


class StrikeScan(Page):
    """``/members/entries/<entry>/scans/<digest>/strike/``."""

    permission = MemberPermission.EDIT

    def post(self, request: HttpRequest, entry_id: UUID, mark: str) -> HttpResponse:
        entry = entry_for(self.actor, entry_id, to=MemberPermission.EDIT)
        scans.strike(entry=entry, mark=mark, actor=self.actor, now=clock.now())
        toast(request, "已移除附件，文件保留在档案中。", level="info")
        return HttpResponseRedirect(reverse("member-entry", args=[entry.pk]))

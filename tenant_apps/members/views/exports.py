"""Taking the list away: order the file, watch it being written, fetch it."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import quote
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError
from kernel.permissions import can
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.members.forms import ExportForm, ListForm
from tenant_apps.members.forms.picking import ids_in, listing_at
from tenant_apps.members.models import Export
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors import (
    Column,
    Listing,
    columns_of,
    export_for,
    shown_columns,
)
from tenant_apps.members.selectors.arrangement import kept_by
from tenant_apps.members.selectors.files import awaiting_export_for, exports_awaiting
from tenant_apps.members.services import exporting, sheets
from tenant_apps.members.views.rooms import crumbs_to

_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


class ExportMembers(Page):
    """``/members/export/?…``: the filter is that of the list, the columns those shown there."""

    permission = MemberPermission.EXPORT
    is_kept_open = True
    template_name = "members/export.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._shown(self._form(), request.GET.urlencode(), "")

    def post(self, request: HttpRequest) -> HttpResponse:
        data = request.POST
        address, ids = data.get("address", ""), ",".join(map(str, ids_in(data)))
        if data.get("all") == "1":
            ids = ""
        if "form" not in data:
            return self._shown(self._form(), address, ids)
        form = self._form(data)
        export = self._order(form, address, ids) if form.is_valid() else None
        if export is None:
            return self._shown(form, address, ids, status=422)
        return HttpResponseRedirect(reverse("members-export-file", args=[export.pk]))

    def _form(self, data: QueryDict | None = None) -> ExportForm:
        return ExportForm(data, may_be_full=can(self.actor, MemberPermission.EXPORT_FULL))

    def _order(self, form: ExportForm, address: str, ids: str) -> Export | None:
        values = form.cleaned_data
        try:
            return exporting.request(
                listing=self._listing(address, ids),
                columns=self._columns(),
                form=cast(exporting.Form, values["form"]),
                reason=values.get("reason", ""),
                is_full=values.get("is_full", False),
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as error:
            self.form_error(form, error, "reason" if error.code.endswith("_needed") else None)
            return None

    def _listing(self, address: str, ids: str) -> Listing:
        chosen = tuple(part for part in ids.split(",") if part)
        return listing_at(self.actor, address, chosen=chosen)

    def _columns(self) -> list[Column]:
        wanted = kept_by(self.actor)[1]
        return shown_columns(wanted.of(columns_of(self.actor, today=clock.today())))

    def _shown(self, form: ExportForm, address: str, ids: str, status: int = 200) -> HttpResponse:
        listing = self._listing(address, ids)
        return self.render(
            title="导出名册",
            crumbs=[
                {"label": "党员名册", "url": f"{reverse('members')}?{address}"},
                {"label": "导出名册"},
            ],
            form=form,
            address=address,
            ids=ids,
            total=listing.rows(self.actor, today=clock.today()).count(),
            at_once=exporting.AT_ONCE,
            headings=sheets.headings_of(self._columns()),
            chips=[label for label, _ in ListForm(QueryDict(address), actor=self.actor).chips()],
            status=status,
        )


class ExportProgress(Page):
    """``/members/exports/<id>/``: how far the file is, then the link to it."""

    permission = MemberPermission.EXPORT
    is_kept_open = True
    template_name = "members/export_file.html"

    def get(self, request: HttpRequest, export_id: UUID) -> HttpResponse:
        export = export_for(self.actor, export_id)
        template = "members/parts/export_state.html" if self.is_htmx else None
        crumbs = [{"label": "党员名册", "url": reverse("members")}, {"label": "导出文件"}]
        return self.render(template=template, title="导出文件", export=export, crumbs=crumbs)


class AwaitingExports(Page):
    """``/members/exports/``: files with full numbers that wait for a second administrator."""

    permission = MemberPermission.EXPORT_FULL
    template_name = "members/exports.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render(
            title="完整号码导出审批",
            crumbs=crumbs_to("导出审批"),
            exports=exports_awaiting(self.actor),
        )


class DecideExport(Page):
    """``/members/exports/<id>/decide/``: the second administrator's word."""

    permission = MemberPermission.EXPORT_FULL

    def post(self, request: HttpRequest, export_id: UUID) -> HttpResponse:
        export = awaiting_export_for(self.actor, export_id)
        approve = request.POST.get("word") == "approve"
        exporting.decide(export=export, approve=approve, actor=self.actor, now=clock.now())
        toast(request, "已批准，申请人可以下载文件。" if approve else "已记录为不批准。")
        return HttpResponseRedirect(reverse("members-exports"))


class ExportFile(Page):
    """``/members/exports/<id>/file/``."""

    permission = MemberPermission.EXPORT
    is_kept_open = True

    def get(self, request: HttpRequest, export_id: UUID) -> HttpResponse:
        export = export_for(self.actor, export_id)
        content = exporting.content_of(export=export, actor=self.actor, now=clock.now())
        return _attachment(export, content)


def _attachment(export: Any, content: bytes) -> HttpResponse:
    response = HttpResponse(content, content_type=_TYPES[export.order["form"]])
    name = quote(export.file_name)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    response["Cache-Control"] = "no-store"
    return response

"""The desk: standards by a file, from the template to the undo."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.clock import Month
from kernel.errors import DomainError
from kernel.sheets.limits import LIMITS
from kernel.sheets.writing import Heading
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.rules import selectors as rules
from tenant_apps.dues.forms.standards_import import StandardsFileForm
from tenant_apps.dues.models import ImportState, StandardsImport
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors import standards_import as reading
from tenant_apps.dues.services import standards_import
from tenant_apps.dues.services.standards_reading import HEADINGS
from tenant_apps.dues.views.contribution_tables import Sheet
from tenant_apps.dues.views.desk import page_of
from tenant_apps.dues.views.tables import workbook

_CRUMBS: Final = [{"label": "党费", "url": ""}, {"label": "标准核定", "url": "/dues/standards/"}]
_MOST_FAULTS: Final = 100


class StandardsFiles(Page):
    """`/dues/standards/import/`: a file, from when, why; and the files of before."""

    permission = DuesPermission.ISSUE
    template_name = "dues/standards_files.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(StandardsFileForm(initial={"month": str(Month.of(clock.today()) + 1)}))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = StandardsFileForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.page(form, status=422)
        typed = form.cleaned_data
        try:
            made = standards_import.hand_in(
                file_name=typed["file"].name,
                content=typed["file"].read(LIMITS.file_bytes + 1),
                month=typed["month"],
                reason=typed["reason"],
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as error:
            self.form_error(form, error)
            return self.page(form, status=422)
        return HttpResponseRedirect(reverse("dues:standards_file", args=[made.pk]))

    def page(self, form: StandardsFileForm, *, status: int = 200) -> HttpResponse:
        return self.render(
            status=status,
            form=form,
            page_obj=page_of(self.request, reading.imports_visible_to(self.actor)),
            hint=f".xlsx、.xls 或 .csv，不超过 {LIMITS.file_bytes // 1024**2} MB",
            title="导入标准",
            crumbs=[*_CRUMBS, {"label": "导入标准", "url": ""}],
        )


class StandardsTemplate(Page):
    """`/dues/standards/import/template/`: the members of the sub-trees, to be filled in."""

    permission = DuesPermission.ISSUE

    def get(self, request: HttpRequest) -> HttpResponse:
        return workbook("党费标准导入模板.xlsx", self.sheet())

    def sheet(self) -> Sheet:
        pack = rules.dues_pack(clock.today())
        name, identity, category, base, fixed = HEADINGS
        headings = (
            Heading(name, 12), Heading(identity, 22), Heading(category, 20), Heading(base, 16),
            Heading(fixed, 14), Heading("所在组织（供核对）", 32),
        )  # fmt: skip
        rows = (
            (
                member, "", pack.label_of(code) if code else "",
                None if base_fen is None else base_fen / 100,
                None if fixed_fen is None else fixed_fen / 100, org,
            )
            for member, org, code, base_fen, fixed_fen in reading.template_rows(
                self.actor, Month.of(clock.today())
            )
        )  # fmt: skip
        return headings, rows


class StandardsFile(Page):
    """`/dues/standards/import/<id>/`: how far the check is, then old and new side by side."""

    permission = DuesPermission.ISSUE
    template_name = "dues/standards_file.html"

    def get(self, request: HttpRequest, import_id: UUID) -> HttpResponse:
        held = reading.import_for(self.actor, import_id)
        if held.state == ImportState.CHECKING:
            name = "dues/standards_file_progress.html"
            return self.render(template=name if self.is_htmx else None, **self.head(held))
        if self.is_htmx:
            response = HttpResponse(status=204)
            response["HX-Redirect"] = reverse("dues:standards_file", args=[import_id])
            return response
        pack = rules.dues_pack(Month(held.month).first_day)
        page = page_of(request, held.changes)
        return self.render(
            page_obj=page,
            changes=[
                (one, pack.label_of(one.category))
                for one in (reading.Change(*row) for row in page.object_list)
            ],
            faults=held.faults[:_MOST_FAULTS],
            most_faults=_MOST_FAULTS,
            capped=sum(1 for row in held.changes if reading.Change(*row).is_capped),
            **self.head(held),
        )

    def head(self, held: StandardsImport) -> dict[str, Any]:
        return {
            "held": held,
            "poll_url": reverse("dues:standards_file", args=[held.pk]),
            "is_checking": held.state == ImportState.CHECKING,
            "title": "核对标准文件",
            "scope": held.file_name,
            "crumbs": [
                *_CRUMBS,
                {"label": "导入标准", "url": reverse("dues:standards_files")},
                {"label": held.file_name, "url": ""},
            ],
        }


class StandardsFaults(Page):
    """`/dues/standards/import/<id>/faults/`: the rows that were not taken, as a workbook."""

    permission = DuesPermission.ISSUE

    def get(self, request: HttpRequest, import_id: UUID) -> HttpResponse:
        held = reading.import_for(self.actor, import_id)
        headings = (
            Heading("行号", 8), Heading("姓名", 12), Heading("栏目", 16), Heading("填写内容", 24),
            Heading("问题", 44), Heading("处理办法", 44),
        )  # fmt: skip
        return workbook("未通过的行.xlsx", (headings, held.faults))


class StandardsFileAct(Page, abstract=True):
    """A button of the page; refused, a toast says why."""

    def get(self, request: HttpRequest, import_id: UUID) -> HttpResponse:
        return HttpResponseRedirect(reverse("dues:standards_file", args=[import_id]))

    def post(self, request: HttpRequest, import_id: UUID) -> HttpResponse:
        held = reading.import_for(self.actor, import_id)
        try:
            toast(request, self.act(held))
        except DomainError as refused:
            toast(request, refused.message, level="error")
        return self.get(request, import_id)

    @abstractmethod
    def act(self, held: StandardsImport) -> str:
        """Does it and returns what to say."""


class ApplyStandardsFile(StandardsFileAct):
    permission = DuesPermission.ISSUE

    def act(self, held: StandardsImport) -> str:
        done = standards_import.apply(held=held, actor=self.actor, now=clock.now())
        return f"已核定 {len(done.changes):,} 人，尚未生成账单时可以撤销"


class UndoStandardsFile(StandardsFileAct):
    permission = DuesPermission.ISSUE

    def act(self, held: StandardsImport) -> str:
        count = standards_import.undo(held=held, actor=self.actor, now=clock.now())
        return f"已撤销 {count:,} 人的核定，恢复原标准"


class DropStandardsFile(StandardsFileAct):
    permission = DuesPermission.ISSUE

    def act(self, held: StandardsImport) -> str:
        standards_import.drop(held=held, actor=self.actor, now=clock.now())
        return "已放弃这份文件"

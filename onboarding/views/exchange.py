"""导入与导出 at a unit's desk: what came in and went out, and taking exchange sets away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from kernel import clock
from kernel.errors import DomainError
from kernel.permissions import can
from kernel.sheets.writing import Heading, Workbook, width_of
from kernel.web.messages import toast
from kernel.web.views import Page
from onboarding.exchange import sets
from onboarding.forms import ExportSetForm
from onboarding.permissions import OnboardingPermission
from onboarding.services import set_exporting
from onboarding.services.update_sources import OFFICE
from onboarding.views import exports, presenting
from onboarding.views.updates import UPDATE_STATES
from tenant_apps.members.selectors import updates as selectors
from tenant_apps.members.services import set_orders
from tenant_apps.organizations.selectors import exchange as trees

if TYPE_CHECKING:
    from tenant_apps.members.models import Export

HOME: Final = "/exchange/"
ORDER_STATES: Final = {
    "AWAITING": "pending",
    "REFUSED": "refused",
    "WAITING": "running",
    "RUNNING": "running",
    "DONE": "done",
    "FAILED": "failed",
}
_RUNNING: Final = ("WAITING", "RUNNING")


def crumbs(label: str = "") -> list[dict[str, str]]:
    """Where the page stands."""
    found = [
        {"label": "组织与党员", "url": ""},
        {"label": "导入与导出", "url": HOME if label else ""},
    ]
    return [*found, {"label": label, "url": ""}] if label else found


class History(Page):
    """``/exchange/``: imports and exports, the newest first, and the sets there are."""

    permission = OnboardingPermission.EXCHANGE_VIEW
    template_name = "onboarding/exchange.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        is_out = request.GET.get("tab") == "exports"
        updates = selectors.updates_visible_to(self.actor, to=self.permission)
        orders = selectors.orders_visible_to(self.actor, to=self.permission)
        return self.render(
            title="导入与导出",
            crumbs=crumbs(),
            is_out=is_out,
            tabs=[
                _tab("导入", HOME, updates.count(), is_current=not is_out),
                _tab("导出", f"{HOME}?tab=exports", orders.count(), is_current=is_out),
            ],
            page_obj=presenting.page_of(request, orders if is_out else updates),
            update_states=UPDATE_STATES,
            order_states=ORDER_STATES,
        )


class NewExport(Page):
    """``/exchange/exports/new/``: which set, which form, since when."""

    permission = OnboardingPermission.EXCHANGE_EXPORT
    is_kept_open = True
    template_name = "onboarding/exchange_export_new.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        asked = {"set_name": "member_base", "form": "xlsx", "org": request.GET.get("org", "")}
        return self._page(ExportSetForm(initial=asked, places=self._places(asked["org"])))

    def post(self, request: HttpRequest) -> HttpResponse:
        places = self._places(request.POST.get("org", ""))
        form = ExportSetForm(request.POST, places=places)
        if not form.is_valid():
            return self._page(form, status=422)
        try:
            export = set_exporting.request(order=form.order(), actor=self.actor, now=clock.now())
        except DomainError as refused:
            self.form_error(form, refused, "reason" if refused.code.endswith("_needed") else None)
            return self._page(form, status=422)
        return HttpResponseRedirect(f"{HOME}exports/{export.pk}/")

    def _places(self, asked: str) -> list[tuple[str, str]]:
        """Organisations with others below them, and the one that the address names."""
        reach = self.actor.scopes(*OFFICE)
        return [
            (str(one.pk), f"{'　' * (one.depth - 1)}{one.name}")
            for one in trees.sub_trees(reach, named=asked)
        ]

    def _page(self, form: ExportSetForm, *, status: int = 200) -> HttpResponse:
        return self.render(
            title="导出交换集",
            crumbs=crumbs("导出交换集"),
            form=form,
            sets=sets.for_subject(*set_exporting.SUBJECTS),
            status=status,
        )


class ExportPage(Page):
    """One order: waiting for a second administrator, being written, there to be taken."""

    permission = OnboardingPermission.EXCHANGE_VIEW
    template_name = "onboarding/exchange_export.html"

    def get(self, request: HttpRequest, export_id: UUID) -> HttpResponse:
        export = selectors.order_for(self.actor, export_id, to=self.permission)
        is_own = export.requested_by == self.actor.person_id
        return self.render(
            template="onboarding/parts/exchange_state.html" if self.is_htmx else None,
            title="导出交换集",
            crumbs=crumbs(export.order["title"]),
            export=export,
            status_key=ORDER_STATES[export.state],
            is_running=export.state in _RUNNING,
            is_own=is_own,
            may_decide=export.state == "AWAITING" and not is_own and self._may_approve(),
            pairs=_told(export),
        )

    def _may_approve(self) -> bool:
        return can(self.actor, OnboardingPermission.EXCHANGE_APPROVE)


class DecideExport(Page):
    """The second administrator's word."""

    permission = OnboardingPermission.EXCHANGE_APPROVE

    def post(self, request: HttpRequest, export_id: UUID) -> HttpResponse:
        export = selectors.order_for(self.actor, export_id, to=self.permission)
        approve = request.POST.get("decision") == "approve"
        set_exporting.decide(
            export=export,
            approve=approve,
            note=request.POST.get("note", ""),
            actor=self.actor,
            now=clock.now(),
        )
        toast(request, "已批准，正在生成文件" if approve else "已记录为不批准")
        return HttpResponseRedirect(f"{HOME}exports/{export.pk}/")


class ExportFile(Page):
    """The signed bundle, for who ordered it."""

    permission = OnboardingPermission.EXCHANGE_EXPORT
    is_kept_open = True

    def get(self, request: HttpRequest, export_id: UUID) -> HttpResponse:
        export = selectors.order_for(self.actor, export_id, to=self.permission)
        content = set_orders.content_of(export=export, actor=self.actor, now=clock.now())
        return exports.attachment(content, export.file_name, "application/zip")


class BlankTable(Page):
    """An empty table of a set, to be filled in: the head row and what each column takes."""

    permission = OnboardingPermission.EXCHANGE_VIEW

    def get(self, request: HttpRequest, set_name: str) -> HttpResponse:
        wanted = sets.named(set_name)
        headings = [Heading(text, width_of([text], least=12)) for text in wanted.headings]
        with Workbook() as book:
            book.add_sheet(wanted.title, [], headings=headings)
            book.add_sheet(
                "填写说明",
                [
                    [one.heading, _kind_words(one), "必填" if one.need else ""]
                    for one in wanted.fields
                ],
                headings=[Heading("列", 24), Heading("填写", 60), Heading("要求", 10)],
            )
        return exports.attachment(book.content(), f"{wanted.title}-空白表.xlsx")


def _kind_words(one: sets.Field) -> str:
    if one.table is not None:
        labels = one.table.labels
        shown = "、".join(labels[:12]) + ("……" if len(labels) > 12 else "")
        return f"{one.table.title}：{shown}"
    return {
        "date": "日期，YYYY-MM-DD",
        "identity": "18 位公民身份号码",
        "phone": "11 位手机号码",
        "yes": "是或否",
        "number": "整数",
        "uid": "32 位十六进制唯一标识",
        "moment": "YYYY-MM-DD hh:mm:ss",
        "org": "党组织全称、简称或编码",
    }.get(one.kind, "文字")


def _told(export: Export) -> list[tuple[str, str]]:
    order = export.order
    pairs = [
        ("交换集", order["title"]),
        ("记录", f"{export.total:,} 条"),
        ("身份证号", "完整号码" if order["is_full"] else "遮盖中间位"),
        ("范围", order.get("org_name") or "全部管理范围"),
        ("时间", f"{order['since']} 以来更新的" if order["since"] else "全部"),
        (
            "已离开的党员",
            "包含，带删除标识" if order["with_departed"] or order["since"] else "不含",
        ),
        ("版本", f"字段映射 {order['mapping']}，代码词典 {order['dictionary']}"),
    ]
    if order["reason"]:
        pairs.append(("事由", order["reason"]))
    if order.get("decision_note"):
        pairs.append(("批准意见", order["decision_note"]))
    return pairs


def _tab(label: str, url: str, count: int, *, is_current: bool) -> dict[str, Any]:
    return {"label": label, "url": url, "count": count, "is_current": is_current}

"""Schemas that are not what the template says, and their quarantine."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from kernel import clock
from kernel.errors import DomainError
from kernel.permissions import can
from kernel.statuses import status_of
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.fleet.forms import ReasonForm
from shared_apps.fleet.permissions import FleetPermission
from tenants import ledger
from tenants.rollout import DriftFinding
from tenants.services import drift

LIST: Final = "/fleet/drift/"
KINDS: Final = {
    "table": "表", "column": "列", "constraint": "约束", "index": "索引", "trigger": "触发器",
    "policy": "行级策略", "function": "函数", "type": "类型", "right": "权限", "wave": "升级",
}  # fmt: skip
_CRUMBS: Final = [{"label": "平台运营", "url": ""}, {"label": "结构核对", "url": LIST}]


class DriftList(Page):
    """``?view=open|resolved&q=``: findings, the latest first."""

    permission = FleetPermission.WAVES_VIEW
    template_name = "fleet/drift.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        is_open = request.GET.get("view") != "resolved"
        q = request.GET.get("q", "").strip()
        found = ledger.findings(q=q, is_open=is_open)
        page = Paginator(found, 50).get_page(request.GET.get("page"))
        names = ledger.names_of(finding.unit_id for finding in page)
        counts = {key: ledger.findings(is_open=key).count() for key in (True, False)}
        return self.render(
            title="结构核对",
            crumbs=[*_CRUMBS[:1], {"label": "结构核对", "url": ""}],
            page_obj=page,
            findings=[(finding, names.get(finding.unit_id)) for finding in page],
            q=q,
            is_open=is_open,
            views=[
                {"label": "隔离中", "url": "?", "count": counts[True], "is_current": is_open},
                {
                    "label": "已解除",
                    "url": "?view=resolved",
                    "count": counts[False],
                    "is_current": not is_open,
                },
            ],
            may_act=can(self.actor, FleetPermission.WAVES_ACT),
        )


class CheckAll(Page):
    """Sends the comparison of every schema to the worker, as each night."""

    permission = FleetPermission.WAVES_ACT

    def post(self, request: HttpRequest) -> HttpResponse:
        drift.check_nightly.after_commit()
        toast(request, "已开始核对全部单位，几分钟后刷新本页查看结果。")
        return HttpResponseRedirect(LIST)


class FindingPage(Page):
    """What differs, thing by thing."""

    permission = FleetPermission.WAVES_VIEW
    template_name = "fleet/finding.html"

    def get(self, request: HttpRequest, finding_id: UUID) -> HttpResponse:
        return self.show(finding_id, ReasonForm())

    def show(self, finding_id: UUID, form: ReasonForm, status: int = 200) -> HttpResponse:
        finding = ledger.finding(finding_id)
        named = ledger.names_of([finding.unit_id]).get(finding.unit_id)
        name = named.name if named else finding.schema_name
        return self.render(
            status=status,
            title=name,
            crumbs=[*_CRUMBS, {"label": name, "url": ""}],
            finding=finding,
            differences=_told(finding),
            form=form,
            may_act=can(self.actor, FleetPermission.WAVES_ACT) and finding.resolved_at is None,
        )


class Recheck(Page):
    """Compares this one schema now."""

    permission = FleetPermission.WAVES_ACT

    def post(self, request: HttpRequest, finding_id: UUID) -> HttpResponse:
        finding = drift.recheck(finding_id=finding_id, now=clock.now())
        if finding.resolved_at is not None:
            toast(request, "结构已与模板一致，隔离已解除。")
        else:
            toast(request, "仍与模板不一致，隔离继续。", level="warning")
        return HttpResponseRedirect(f"{LIST}{finding_id}/")


class Release(FindingPage):
    """Ends the quarantine by hand."""

    permission = FleetPermission.WAVES_ACT

    def post(self, request: HttpRequest, finding_id: UUID) -> HttpResponse:
        form = ReasonForm(request.POST)
        if not form.is_valid():
            return self.show(finding_id, form, status=422)
        try:
            drift.release(
                finding_id=finding_id,
                reason=form.cleaned_data["reason"],
                actor=self.actor,
                now=clock.now(),
            )
        except DomainError as error:
            self.form_error(form, error)
            return self.show(finding_id, form, status=status_of(error))
        toast(request, "隔离已解除，这个单位会参加下一个波次。")
        return HttpResponseRedirect(LIST)


def _told(finding: DriftFinding) -> list[dict[str, Any]]:
    """Every difference with its kind in words."""
    return [{**one, "kind": KINDS.get(one["kind"], one["kind"])} for one in finding.differences]

"""数据导出: the unit's administrator takes everything the unit has."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase

from kernel import clock
from kernel.errors import DomainError
from kernel.statuses import status_of
from kernel.unit import current_unit_id
from kernel.web.downloads import attachment
from kernel.web.messages import toast
from kernel.web.views import Page
from tenant_apps.access.forms import TakeoutForm
from tenant_apps.access.permissions import AccessPermission
from tenant_apps.access.services import takeouts
from tenants.archive.models import BackupState

ADDRESS = "/takeouts/"
_FIELDS = {
    "password_wrong": "password",
    "archive_passphrase_short": "passphrase",
    "archive_passphrases_differ": "again",
    "backup_reason_needed": "reason",
    "second_factor_wrong": "code",
}


class Takeouts(Page):
    """Earlier exports, and the form for another one."""

    permission = AccessPermission.TAKEOUT
    is_kept_open = True
    template_name = "access/takeouts.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(TakeoutForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = TakeoutForm(request.POST)
        if not form.is_valid():
            return self.page(form, 422)
        try:
            takeouts.order(**form.cleaned_data, actor=self.actor, now=clock.now())
        except DomainError as refused:
            self.form_error(form, refused, _FIELDS.get(refused.code))
            return self.page(form, status_of(refused))
        toast(request, "已开始导出，完成后可在本页下载。")
        return HttpResponseRedirect(ADDRESS)

    def page(self, form: TakeoutForm, status: int = 200) -> HttpResponse:
        return self.render(
            title="数据导出",
            crumbs=[{"label": "管理", "url": ""}, {"label": "数据导出", "url": ""}],
            form=form,
            status=status,
            **shown(self),
        )


class TakeoutList(Page):
    """The list alone, while a file is being written."""

    permission = AccessPermission.TAKEOUT
    is_kept_open = True
    template_name = "access/parts/takeouts.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render(**shown(self))


class TakeoutFile(Page):
    """The file, for who asked for it."""

    permission = AccessPermission.TAKEOUT
    is_kept_open = True

    def get(self, request: HttpRequest, takeout_id: UUID) -> HttpResponseBase:
        takeout = takeouts.one(takeout_id=takeout_id, unit_id=current_unit_id())
        blocks = takeouts.fetch(takeout=takeout, actor=self.actor, now=clock.now())
        name = f"{takeout.unit.name}-{clock.day_of(takeout.requested_at):%Y%m%d}.gjunit"
        return attachment(blocks, name=name, size=takeout.bytes)


def shown(page: Page) -> dict[str, Any]:
    """The exports as the list shows them; the link only where it leads somewhere."""
    moment = clock.now()
    lines = [
        {
            "row": row,
            "is_running": row.state in {BackupState.WAITING, BackupState.RUNNING},
            "is_mine": row.requested_by == page.actor.person_id,
            "can_fetch": row.state == BackupState.DONE
            and row.requested_by == page.actor.person_id
            and row.expires_at is not None
            and row.expires_at > moment,
        }
        for row in takeouts.listed(unit_id=current_unit_id())
    ]
    return {"lines": lines, "is_under_way": any(line["is_running"] for line in lines)}

"""The rules rendered from their packs, and the code tables: no rate stands in a template."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from kernel import clock
from kernel.errors import DomainError
from kernel.sheets.writing import Heading, Workbook
from kernel.statuses import status_of
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.rules import selectors, services
from shared_apps.rules.forms import CampaignForm
from shared_apps.rules.permissions import RulesPermission
from shared_apps.rules.selectors import campaigns, codes

XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_OPEN_UP_TO: Final = 60
"""Entries up to which a table is shown open."""


class DuesRules(Page):
    """`/rules/dues/` on the desk."""

    permission = RulesPermission.RULES_READ
    template_name = "rules/dues.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        pack = selectors.dues_pack(clock.today())
        return self.render(
            pack=pack,
            versions=selectors.dues_packs(),
            title="党费规则",
            scope=pack.title,
            crumbs=[{"label": "党费", "url": ""}, {"label": "党费规则", "url": ""}],
        )


class PhoneDuesRules(DuesRules):
    """`/m/rules/dues/` on the phone."""

    template_name = "rules/phone_dues.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        pack = selectors.dues_pack(clock.today())
        return self.render(pack=pack, title="党费规则", back_url="/m/dues/")


class CodeTables(Page):
    """`/rules/codes/`: every code table, searchable and printable."""

    permission = RulesPermission.RULES_READ
    template_name = "rules/codes.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        words = request.GET.get("q", "").strip()[:40]
        tables = codes.find(words) if words else codes.tables()
        return self.render(
            title="代码表",
            scope=f"代码词典 {codes.dictionary_version()}",
            crumbs=[{"label": "组织与党员", "url": ""}, {"label": "代码表", "url": ""}],
            tables=[(one, len(one.entries) <= _OPEN_UP_TO or bool(words)) for one in tables],
            q=words,
            found=sum(len(one.entries) for one in tables),
        )


class CodeTablesFile(Page):
    """`/rules/codes/file/`: all tables as one workbook, a sheet each."""

    permission = RulesPermission.RULES_READ
    is_kept_open = True

    def get(self, request: HttpRequest) -> HttpResponse:
        response = HttpResponse(codes_workbook(codes.tables()), content_type=XLSX)
        name = quote(f"代码表-{codes.dictionary_version()}.xlsx")
        response["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
        return response


def codes_workbook(tables: Sequence[codes.CodeTable]) -> bytes:
    """A sheet per table: code, name, name in the standard, other words for it."""
    headings = (
        Heading("代码", 12),
        Heading("名称", 34),
        Heading("标准名称", 34),
        Heading("也写作", 50),
    )
    with Workbook() as book:
        for one in tables:
            rows = [
                [entry.code, entry.label, entry.standard, "、".join(entry.aliases)]
                for entry in one.entries
            ]
            book.add_sheet(one.title, rows, headings=headings)
    return book.content()


class Campaigns(Page):
    """`/campaigns/` on the console: calls for special dues, and a form for the next."""

    permission = RulesPermission.CAMPAIGN
    template_name = "rules/campaigns.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.page(CampaignForm(initial={"opens_on": clock.today()}))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = CampaignForm(request.POST)
        if not form.is_valid():
            return self.page(form, status=422)
        try:
            made = services.enter_campaign(actor=self.actor, now=clock.now(), **form.entry())
        except DomainError as error:
            self.form_error(form, error)
            return self.page(form, status=status_of(error))
        toast(request, f"已发布「{made.title}」")
        return HttpResponseRedirect("/campaigns/")

    def page(self, form: CampaignForm, *, status: int = 200) -> HttpResponse:
        today = clock.today()
        return self.render(
            status=status,
            form=form,
            rows=[
                (one, campaigns.is_open(one, today), one.opens_on > today)
                for one in campaigns.campaigns()
            ],
            title="特殊党费",
            crumbs=[{"label": "平台运营", "url": ""}, {"label": "特殊党费", "url": ""}],
        )


class EndCampaign(Page):
    """`POST /campaigns/<number>/end/`"""

    permission = RulesPermission.CAMPAIGN

    def post(self, request: HttpRequest, number: int) -> HttpResponse:
        try:
            services.end_campaign(number=number, actor=self.actor, now=clock.now())
        except services.CampaignOver as refused:
            toast(request, refused.message, level="error")
        else:
            toast(request, "已结束，党员不能再交纳")
        return HttpResponseRedirect("/campaigns/")

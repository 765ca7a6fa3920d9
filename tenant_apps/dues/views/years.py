"""The desk: a year's standards fixed together, what-if, and how the unit keeps its dues."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from kernel import clock
from kernel.errors import DomainError
from kernel.models import uuid7
from kernel.sheets.writing import Heading, Value
from kernel.web.messages import toast
from kernel.web.views import Page
from shared_apps.rules import selectors as rules
from tenant_apps.dues.forms import SettingForm, StandardForm, WhatIfForm
from tenant_apps.dues.permissions import DuesPermission
from tenant_apps.dues.selectors import slips
from tenant_apps.dues.selectors.settings import ROUNDINGS, setting_in_force
from tenant_apps.dues.selectors.years import Outlook, batches_of, proposal_of_year, what_if
from tenant_apps.dues.services import settings, years
from tenant_apps.dues.views import tables
from tenant_apps.organizations import selectors as organizations


def _crumbs(label: str) -> list[dict[str, str]]:
    return [
        {"label": "党费", "url": ""},
        {"label": "标准核定", "url": reverse("dues:standards")},
        {"label": label, "url": ""},
    ]


class YearlyFixing(Page):
    """`/dues/standards/year/`: what the year lacks from last year's bases; confirm, take back."""

    permission = DuesPermission.ISSUE
    template_name = "dues/year.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        today = clock.today()
        asked = request.GET.get("year", "")
        offered = [today.year] + [today.year + 1] * (today.month >= years.FROM_MONTH)
        year = int(asked) if asked in {str(one) for one in offered} else offered[-1]
        below = request.GET.get("org", "")
        outlook = proposal_of_year(self.actor, year, below=below)
        if request.GET.get("export") == "xlsx":
            return tables.workbook(f"党费年度核定-{year}.xlsx", _sheet(outlook))
        return self.render(
            outlook=outlook,
            year=year,
            tabs=[
                {"label": f"{one} 年", "url": f"?year={one}", "is_current": one == year}
                for one in offered
            ],
            places=organizations.roots_visible_to(self.actor),
            org=below,
            page_obj=Paginator(outlook.rows, 20).get_page(request.GET.get("page")),
            batches=batches_of(year),
            rounding_label=ROUNDINGS[rules.Rounding(outlook.rounding)],
            title=f"{year} 年度核定",
            as_of=clock.now(),
            crumbs=_crumbs("年度核定"),
        )

    def post(self, request: HttpRequest) -> HttpResponse:
        asked, batch_id = request.POST.get("year", ""), uuid7()
        count = years.fix_year(
            year=int(asked) if asked.isdigit() and len(asked) == 4 else 0,
            below=request.POST.get("org", ""),
            batch_id=batch_id,
            actor=self.actor,
            now=clock.now(),
        )
        undo = reverse("dues:year_back", args=[batch_id])
        toast(request, f"已核定 {count} 人的 {asked} 年标准", undo_url=undo)
        return HttpResponseRedirect(f"{reverse('dues:year')}?year={asked}")


class TakeYearBack(Page):
    permission = DuesPermission.ISSUE

    def post(self, request: HttpRequest, batch_id: UUID) -> HttpResponse:
        count = years.take_back(batch_id=batch_id, actor=self.actor, now=clock.now())
        toast(request, f"已撤销 {count} 人的年度核定")
        return HttpResponseRedirect(reverse("dues:year"))


class WhatIf(Page):
    """`/dues/standards/what-if/`: another rule or other bases, computed and not kept."""

    permission = DuesPermission.STANDARD
    template_name = "dues/what_if.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        today = clock.today()
        form = WhatIfForm(request.GET or None, packs=rules.dues_packs())
        asked = form.asked() if form.is_bound and form.is_valid() else {}
        outlook = what_if(self.actor, today.year, **asked)
        if request.GET.get("export") == "xlsx":
            return tables.workbook(f"党费试算-{today:%Y%m%d}.xlsx", _sheet(outlook))
        query = request.GET.copy()
        query["export"] = "xlsx"
        return self.render(
            form=form,
            outlook=outlook,
            page_obj=Paginator(outlook.changed, 20).get_page(request.GET.get("page")),
            export_url=f"?{query.urlencode()}",
            title="规则和基数试算",
            scope=f"{today.year} 年现行标准",
            as_of=clock.now(),
            crumbs=_crumbs("试算"),
        )


class SlipBase(Page):
    """`/dues/standards/base/`: what the lines of a pay slip come to; asked while one types."""

    permission = DuesPermission.STANDARD
    template_name = "dues/parts/slip_total.html"

    def post(self, request: HttpRequest) -> HttpResponse:
        pack = rules.dues_pack(clock.today())
        form = StandardForm(request.POST, pack=pack)
        form.is_valid()
        wrong = [form[name].label for name in form.errors if name.startswith("item_")]
        items = form.items()
        category = form.cleaned_data.get("category", "")
        if wrong or not items or category not in slips.WITH_SLIP:
            return self.render(wrong=wrong, is_empty=not items)
        try:
            built = pack.wage_base(items)
            rounding = setting_in_force().rounding
            found = pack.assess(category, built.base_fen, rounding=rounding)
        except DomainError as refused:
            return self.render(refused=refused.message)
        return self.render(built=built, groups=slips.grouped(built.lines), found=found)


class Settings(Page):
    """`/dues/settings/`: rounding and the day of issue."""

    permission = DuesPermission.SETTING
    template_name = "dues/settings.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        now = setting_in_force()
        names = ("rounding", "is_automatic", "issue_day", "prepays_year")
        return self._page(SettingForm(initial={name: getattr(now, name) for name in names}))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = SettingForm(request.POST)
        if not form.is_valid():
            return self._page(form, status=422)
        settings.choose(actor=self.actor, now=clock.now(), **form.cleaned_data)
        toast(request, "已保存党费设置")
        return HttpResponseRedirect(reverse("dues:settings"))

    def _page(self, form: SettingForm, status: int = 200) -> HttpResponse:
        return self.render(
            form=form,
            setting=setting_in_force(),
            title="党费设置",
            crumbs=[{"label": "党费", "url": ""}, {"label": "党费设置", "url": ""}],
            status=status,
        )


def _sheet(outlook: Outlook) -> tuple[Sequence[Heading], Iterable[Sequence[Value]]]:
    headings = (
        Heading("姓名", 12), Heading("所在组织", 32), Heading("类别", 14),
        Heading("基数（元）", 14), Heading("原标准（元）", 14), Heading("新标准（元）", 14),
        Heading("变化（元）", 12), Heading("说明", 32),
    )  # fmt: skip
    rows = (
        (
            row.name, row.org_name,
            outlook.pack.label_of(row.category) if row.category else "",
            None if row.base_fen is None else row.base_fen / 100,
            None if row.before_fen is None else row.before_fen / 100,
            None if row.after_fen is None else row.after_fen / 100,
            None if row.after_fen is None else (row.after_fen - (row.before_fen or 0)) / 100,
            row.problem or ("已封顶" if row.found and row.found.is_capped else ""),
        )
        for row in outlook.rows
    )  # fmt: skip
    return headings, rows

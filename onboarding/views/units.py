"""The units: the list, one unit's page, the list as a workbook."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from kernel import clock
from kernel.clock import Month
from kernel.permissions import can
from kernel.web.views import Page
from onboarding import selectors
from onboarding.forms import InvitationForm
from onboarding.models import Opening
from onboarding.permissions import OnboardingPermission
from onboarding.services import blockers, inviting, labels, overview, reading, registration
from onboarding.services.blockers import WORDS, Blocker
from onboarding.services.overview import Line, Wanted
from onboarding.views import exports, presenting
from shared_apps.fleet.permissions import FleetPermission
from shared_apps.settlement.permissions import SettlementPermission
from shared_apps.status.permissions import StatusPermission
from shared_apps.support.permissions import SupportPermission
from shared_apps.usage import selectors as usage
from tenants import regions
from tenants.models import UnitState

LANDINGS: Final = (
    ("/fleet/", FleetPermission.VIEW),
    ("/status/", StatusPermission.VIEW),
    ("/support/", SupportPermission.VIEW),
    ("/settlement/", SettlementPermission.VIEW),
)
"""First pages for whoever has nothing to do with opening units; the first that may be opened."""


class Home(Page):
    """The console's first page: the units, for whoever works with units."""

    permission = OnboardingPermission.CONSOLE_ENTER
    template_name = "onboarding/units.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        if not can(self.actor, OnboardingPermission.UNITS_LIST):
            return HttpResponseRedirect(self._elsewhere())
        month = Month.of(clock.today())
        wanted, scope = self._wanted()
        tabs = self._tabs(scope)
        page = presenting.page_of(
            request,
            overview.places(wanted, month=month, sort=request.GET.get("sort", "")),
            count=overview.matching(wanted),
        )
        return self.render(
            title="单位开通",
            crumbs=[{"label": "共建单位", "url": ""}, {"label": "单位开通", "url": ""}],
            page_obj=page,
            lines=overview.lines_at(page, month=month),
            tabs=tabs,
            wanted=wanted,
            unit_states=UnitState.choices,
            blocker_choices=presenting.blocker_choices(),
            chips=self._chips(wanted),
            clear_url=f"?scope={scope}",
            scope_name=scope,
            drafts=self._drafts(),
            has_units=bool(tabs[-1]["count"]),
            as_of=usage.as_of(),
            may_register=can(self.actor, OnboardingPermission.UNIT_REGISTER),
            state_marks=presenting.UNIT_STATES,
        )

    def _elsewhere(self) -> str:
        """Where somebody begins who does not open units: at what is theirs to watch."""
        watched = (address for address, page in LANDINGS if can(self.actor, page))
        return next(watched, "/permissions/")

    def _wanted(self) -> tuple[Wanted, str]:
        """Officers see their own units first; everybody else, and ``?scope=all``, sees all."""
        query = self.request.GET
        is_officer = can(self.actor, OnboardingPermission.UNIT_REGISTER)
        scope = query.get("scope") or ("mine" if is_officer else "all")
        return wanted_by(query, officer_id=self.actor.person_id if scope == "mine" else None), scope

    def _tabs(self, scope: str) -> list[dict[str, Any]]:
        tabs = [("all", "全部单位", overview.count())]
        if can(self.actor, OnboardingPermission.UNIT_REGISTER):
            mine = overview.count(officer_id=self.actor.person_id)
            tabs.insert(0, ("mine", "我的单位", mine))
        return [
            {"label": label, "count": count, "url": f"?scope={key}", "is_current": key == scope}
            for key, label, count in tabs
        ]

    def _chips(self, wanted: Wanted) -> list[dict[str, str]]:
        return presenting.chips(self.request.GET, filter_labels(wanted))

    def _drafts(self) -> list[dict[str, Any]]:
        return [
            {
                "id": draft.id,
                "name": registration.content_of(draft).get("name") or "未填名称",
                "saved_at": draft.saved_at,
            }
            for draft in selectors.drafts_of(self.actor)
        ]


class Export(Page):
    """The units of the list as a workbook, filtered as on the page."""

    permission = OnboardingPermission.OPENING_EXPORT

    def get(self, request: HttpRequest) -> HttpResponse:
        wanted = wanted_by(
            request.GET,
            officer_id=self.actor.person_id if request.GET.get("scope") == "mine" else None,
        )
        month = Month.of(clock.today())
        found = overview.openings(wanted, month=month, sort=request.GET.get("sort", ""))
        return exports.units_workbook(overview.lines(found, month=month), today=clock.today())


class UnitPage(Page):
    """One unit: where it stands, its agreement, its rosters, its time line."""

    permission = OnboardingPermission.UNIT_VIEW
    template_name = "onboarding/unit.html"

    def get(self, request: HttpRequest, unit_id: UUID) -> HttpResponse:
        opening = selectors.opening_for(self.actor, unit_id, to=self.permission)
        line = overview.line_of(opening, month=Month.of(clock.today()))
        return self.render(
            title=opening.unit.name,
            crumbs=[{"label": "单位开通", "url": "/"}, {"label": opening.unit.name, "url": ""}],
            line=line,
            opening=opening,
            upload_url=f"/units/{unit_id}/rosters/new/",
            pairs=_pairs(opening),
            mark=presenting.UNIT_STATES[opening.unit.state],
            stages=_stages(line),
            rosters=[
                presenting.roster_line(row, reading.filename_of(row))
                for row in selectors.rosters_of(unit_id)[:20]
            ],
            entries=presenting.entries(selectors.events_of(unit_id)[:50]),
            may_handle=can(self.actor, OnboardingPermission.ROSTER_HANDLE),
            fleet_url=f"/fleet/{unit_id}/" if can(self.actor, FleetPermission.VIEW) else "",
            may_abandon=opening.unit.state == UnitState.DRAFT
            and can(self.actor, OnboardingPermission.UNIT_ABANDON, opening),
            may_invite=can(self.actor, OnboardingPermission.ADMINISTRATOR_INVITE)
            and opening.unit.is_serving,
            form=InvitationForm(),
            as_of=usage.as_of(),
        )


class Invite(Page):
    """Makes the one-time link and shows it, this once."""

    permission = OnboardingPermission.ADMINISTRATOR_INVITE
    template_name = "onboarding/invitation.html"

    def get(self, request: HttpRequest, unit_id: UUID) -> HttpResponse:
        return HttpResponseRedirect(f"/units/{unit_id}/")

    def post(self, request: HttpRequest, unit_id: UUID) -> HttpResponse:
        opening = selectors.opening_for(self.actor, unit_id, to=self.permission)
        form = InvitationForm(request.POST)
        link = None
        if form.is_valid():
            link = inviting.invite(
                opening=opening, actor=self.actor, now=clock.now(), **form.cleaned_data
            )
        return self.render(
            title="邀请首位管理员",
            crumbs=[
                {"label": "单位开通", "url": "/"},
                {"label": opening.unit.name, "url": f"/units/{unit_id}/"},
                {"label": "邀请首位管理员", "url": ""},
            ],
            opening=opening,
            form=form,
            link=link,
            link_help=f"有效至 {link.expires_at.astimezone(clock.BEIJING):%Y-%m-%d %H:%M}，"
            f"已发短信提醒 {link.phone_masked}"
            if link
            else "",
            status=200 if link else 422,
            **presenting.steps(5),
        )


def wanted_by(query: Any, *, officer_id: UUID | None = None) -> Wanted:
    """The filters that stand in the address."""
    return Wanted(
        text=query.get("q", "").strip(),
        state=query.get("state", ""),
        blocker=query.get("blocker", ""),
        province=query.get("province", ""),
        officer_id=officer_id,
    )


def filter_labels(wanted: Wanted) -> dict[str, str]:
    """Words of the filters in force, by the parameter that holds them."""
    words: dict[str, str] = {}
    if wanted.text:
        words["q"] = f"搜索 {wanted.text}"
    if wanted.state in UnitState.values:
        words["state"] = f"状态 {UnitState(wanted.state).label}"
    if wanted.blocker in set(Blocker):
        words["blocker"] = f"卡在 {WORDS[Blocker(wanted.blocker)].label}"
    if wanted.province:
        words["province"] = f"地区 {wanted.province}"
    return words


def _pairs(opening: Opening) -> list[tuple[str, Any]]:
    contact, _ = registration.contact_of(opening)
    return [
        ("访问地址", labels.address_of(opening.unit.label)),
        ("地区", regions.label(opening.unit.region_code)),
        ("联系人", f"{contact} {opening.contact_phone_masked}"),
        ("协议期限", f"{opening.agreed_on} 至 {opening.agreement_ends_on}"),
        ("单位类型", opening.unit.get_profile_display()),
        ("经办行", opening.unit.bank_branch),
        ("负责人", opening.officer_name),
        ("登记时间", f"{opening.registered_at.astimezone(clock.BEIJING):%Y-%m-%d %H:%M}"),
    ]


def _stages(line: Line) -> list[dict[str, Any]]:
    """The funnel as a checklist of this unit."""
    labels_of = [words.stage for words in WORDS.values()] + [blockers.LAST_STAGE]
    return [
        {
            "title": label,
            "is_done": place <= line.standing.passed,
            "text": line.standing.words.advice
            if line.standing.words and place == line.standing.passed + 1
            else "",
        }
        for place, label in enumerate(labels_of, start=1)
    ]

"""The card of a member: printed, checked; and the list of political birthdays."""

from __future__ import annotations

from urllib.parse import quote
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from kernel import clock
from kernel.unit import current_unit
from kernel.web.unit_state import unit_address
from kernel.web.views import Page
from tenant_apps.members.forms import MonthForm
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors import member_for
from tenant_apps.members.selectors.birthdays import birthday_of, birthdays_in
from tenant_apps.members.services import cards, photos
from tenant_apps.members.views.editing import picture_of
from tenant_apps.members.views.files import age_in_words
from tenant_apps.organizations import selectors as organizations
from tenant_apps.organizations.permissions import OrganizationPermission

_PER_PAGE = 50
_CHECK = "/members/card-check/"
"""The members' common host knows no address of the desk by name."""


class PrintCard(Page):
    """``/members/<id>/card/``: the card on paper; that it was printed is in the file."""

    permission = MemberPermission.EDIT
    is_paper = True
    template_name = "members/card_print.html"

    def post(self, request: HttpRequest, member_id: UUID) -> HttpResponse:
        member = member_for(self.actor, member_id, to=MemberPermission.EDIT)
        code = cards.print_card(member=member, actor=self.actor, now=clock.now())
        return self.render(
            member=member,
            title=f"党员证 · {member.name}",
            back_url=reverse("member", args=[member.pk]),
            check_url=check_url(request, code),
            party_age=age_in_words(member, clock.today()),
            printed_on=clock.today(),
        )


class CheckCard(Page):
    """``/members/card-check/?c=…``: what the code of a card opens, for whoever checks it."""

    permission = MemberPermission.CHECK_CARD
    template_name = "members/card_check.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        code = request.GET.get("c", "")
        checked = cards.check(code=code, now=clock.now())
        member = checked.member
        return self.render(
            title="查验党员证",
            crumbs=[{"label": "党员名册", "url": reverse("members")}, {"label": "查验党员证"}],
            checked=checked,
            code=code,
            member=member,
            party_age=age_in_words(member, clock.today()) if member else "",
            as_of=clock.now(),
        )


class CheckedPhoto(Page):
    """``/members/card-check/photo/?c=…``: the photo on the card that is being checked."""

    permission = MemberPermission.CHECK_CARD

    def get(self, request: HttpRequest) -> HttpResponse:
        checked = cards.check(code=request.GET.get("c", ""), now=clock.now())
        if checked.member is None:
            raise photos.NoPhoto
        return picture_of(checked.member)


class Birthdays(Page):
    """``/members/birthdays/?month=&org=``: who joined the Party in this month, years ago."""

    permission = MemberPermission.BROWSE
    template_name = "members/birthdays.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        today = clock.today()
        form = MonthForm(request.GET, today=today)
        org_id, path = form.cleaned_data.get("org"), ""
        org = None
        if org_id:
            org = organizations.organization_for(
                self.actor, org_id, to=OrganizationPermission.BROWSE
            )
            path = org.path
        rows = birthdays_in(self.actor, year=today.year, month=form.chosen, org_path=path)
        page = Paginator(rows, _PER_PAGE).get_page(request.GET.get("page"))
        return self.render(
            title="政治生日",
            crumbs=[{"label": "党员名册", "url": reverse("members")}, {"label": "政治生日"}],
            months=range(1, 13),
            month=form.chosen,
            org=org,
            year=today.year,
            page_obj=page,
            days=[birthday_of(member, year=today.year) for member in page],
            today=today,
        )


def check_url(request: HttpRequest, code: str) -> str:
    """The address in the code of a card: on the unit's own host, whichever host asks."""
    return unit_address(request, current_unit(), f"{_CHECK}?c={quote(code)}")

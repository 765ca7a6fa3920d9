"""``/m/me/`` and ``/m/card/``: what the unit holds about the person, who looked, the card."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from kernel import clock
from kernel.web.views import Page
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors import contacts_for, looks_at, own_file, own_links_for
from tenant_apps.members.selectors.birthdays import greeting_for
from tenant_apps.members.selectors.entries import sets_of
from tenant_apps.members.selectors.fields import groups_of
from tenant_apps.members.selectors.growth import growth_of
from tenant_apps.members.selectors.own_branch import own_branch_of
from tenant_apps.members.services import cards
from tenant_apps.members.views.cards import check_url
from tenant_apps.members.views.editing import picture_of
from tenant_apps.members.views.files import age_in_words, completeness

HOME = "/m/me/"


class OwnFile(Page):
    """The own file, with identity number and phone masked as everywhere."""

    permission = MemberPermission.SELF
    template_name = "members/own_file.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        member = own_file(self.actor)
        today = clock.today()
        return self.render(
            title="我的档案",
            member=member,
            groups=groups_of(member),
            party_age=age_in_words(member, today),
            completeness=completeness(member),
            greeting=greeting_for(member, today=today),
            looks=looks_at(member)[:3],
            contacts=contacts_for(member),
            links=own_links_for(member),
        )


class OwnBranch(Page):
    """``/m/me/branch/``: the own branch, its officers, groups and members by name."""

    permission = MemberPermission.SELF
    template_name = "members/own_branch.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        member = own_file(self.actor)
        branch = own_branch_of(member)
        return self.render(title="我的支部", back_url=HOME, member=member, branch=branch)


class OwnSets(Page):
    """``/m/me/sets/``: the extended sets of the own file."""

    permission = MemberPermission.SELF
    template_name = "members/own_sets.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        member = own_file(self.actor)
        sets = [one for one in sets_of(self.actor, member) if one.valid or one.set.may_ask]
        return self.render(title="扩展信息", back_url=HOME, member=member, sets=sets)


class OwnGrowth(Page):
    """``/m/me/growth/``: the own way in the Party, year by year."""

    permission = MemberPermission.SELF
    template_name = "members/own_growth.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        member, today = own_file(self.actor), clock.today()
        growth = growth_of(self.actor, member)
        return self.render(
            title="成长档案",
            back_url=HOME,
            growth=growth,
            hours=growth.hours_in(today.year),
            party_age=age_in_words(member, today),
        )


class OwnLooks(Page):
    """``/m/me/looks/``: who looked at the own file, when and why."""

    permission = MemberPermission.SELF
    template_name = "members/own_looks.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        looks = looks_at(own_file(self.actor), limit=200)
        return self.render(title="谁看过我的档案", back_url=HOME, looks=looks)


class OwnPhoto(Page):
    """``/m/me/photo/``."""

    permission = MemberPermission.SELF

    def get(self, request: HttpRequest) -> HttpResponse:
        return picture_of(own_file(self.actor))


class OwnCard(Page):
    """``/m/card/``: the card, with a code that is good for three minutes."""

    permission = MemberPermission.SELF
    template_name = "members/own_card.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        member = own_file(self.actor)
        today = clock.today()
        return self.render(
            title="电子党员证",
            back_url=HOME,
            member=member,
            party_age=age_in_words(member, today),
            greeting=greeting_for(member, today=today),
            check_url=self.check_url(request),
        )

    def check_url(self, request: HttpRequest) -> str:
        return check_url(request, cards.code_for(own_file(self.actor), now=clock.now()))


class OwnCardCode(OwnCard):
    """``/m/card/code/``: the next code, asked for by the page itself."""

    template_name = "members/parts/card_code.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        response = self.render(check_url=self.check_url(request))
        response["Cache-Control"] = "no-store"
        return response

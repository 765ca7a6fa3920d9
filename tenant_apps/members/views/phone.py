"""``/m/me/``: what the unit holds about the person, who looked at it, whom to ask."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from kernel import clock
from kernel.web.views import Page
from tenant_apps.members.models import party_age
from tenant_apps.members.permissions import MemberPermission
from tenant_apps.members.selectors import contacts_for, looks_at, own_file


class OwnFile(Page):
    """The own file, with identity number and phone masked as everywhere."""

    permission = MemberPermission.SELF
    template_name = "members/own_file.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        member = own_file(self.actor)
        return self.render(
            title="我的档案",
            member=member,
            party_age=party_age(member.full_on, clock.today()),
            looks=looks_at(member),
            contacts=contacts_for(member),
        )

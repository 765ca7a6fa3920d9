"""On the phone: the elections of one's own organisations, as members are told of them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from kernel import clock
from kernel.web.views import Page
from tenant_apps.elections.permissions import ElectionPermission
from tenant_apps.elections.selectors import own
from tenant_apps.members.selectors import own_file


class OwnElections(Page):
    """``/m/elections/``: when and where, who stands, who was elected."""

    permission = ElectionPermission.OWN
    template_name = "elections/phone/own.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        member, today = own_file(self.actor), clock.today()
        ends_on, level = own.own_terms(member, today=today)
        return self.render(
            title="本组织选举",
            back_url="/m/me/",
            member=member,
            elections=own.elections_of(member, today=today),
            ends_on=ends_on,
            level=level,
        )

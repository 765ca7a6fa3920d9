"""The dues rules, rendered from the pack: no rate stands in a template."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from kernel import clock
from kernel.web.views import Page
from shared_apps.rules import selectors
from shared_apps.rules.permissions import RulesPermission


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

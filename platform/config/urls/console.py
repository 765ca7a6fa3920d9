"""Addresses of the console face."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from config.api import ApiDocument
from onboarding import urls as onboarding
from onboarding.api import urls as onboarding_api
from shared_apps.exchange import urls as exchange
from shared_apps.exchange.api import urls as exchange_api
from shared_apps.fleet import urls as fleet
from shared_apps.fleet.api import urls as fleet_api
from shared_apps.people import urls as people
from shared_apps.people.api import urls as people_api
from shared_apps.proof import urls as proof
from shared_apps.proof.api import urls as proof_api
from shared_apps.reconciliation import urls as reconciliation
from shared_apps.reconciliation.api import urls as reconciliation_api
from shared_apps.rules import urls as rules
from shared_apps.rules.api import urls as rules_api
from shared_apps.settlement import urls as settlement
from shared_apps.settlement.api import urls as settlement_api
from shared_apps.status import urls as status
from shared_apps.status.api import urls as status_api
from shared_apps.support import urls as support
from shared_apps.support.api import urls as support_api
from shared_apps.usage import urls as usage
from shared_apps.usage.api import urls as usage_api
from tenant_apps.access import urls as access
from tenant_apps.access.api import urls as access_api

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/openapi.json", ApiDocument.as_view()),
    *onboarding.console_urls,
    *fleet.console_urls,
    *support.console_urls,
    *rules.console_urls,
    *settlement.console_urls,
    *reconciliation.console_urls,
    *proof.console_urls,
    *status.console_urls,
    *usage.console_urls,
    *exchange.console_urls,
    *people.console_urls,
    *access.console_urls,
    path(
        "api/v1/",
        include(
            [
                *onboarding_api.console_urls,
                *fleet_api.console_urls,
                *support_api.console_urls,
                *rules_api.console_urls,
                *settlement_api.console_urls,
                *reconciliation_api.console_urls,
                *proof_api.console_urls,
                *status_api.console_urls,
                *usage_api.console_urls,
                *exchange_api.console_urls,
                *people_api.console_urls,
                *access_api.console_urls,
            ]
        ),
    ),
]
handler400 = "kernel.web.views.bad_request"
handler403 = "kernel.web.views.forbidden"
handler404 = "kernel.web.views.not_found"
handler500 = "kernel.web.views.broken"

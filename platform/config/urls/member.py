"""Addresses of the member face."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from config.api import ApiDocument
from shared_apps.people import urls as people
from shared_apps.people.api import urls as people_api
from shared_apps.rules import urls as rules
from shared_apps.rules.api import urls as rules_api
from tenant_apps.access import urls as access
from tenant_apps.access.api import urls as access_api
from tenant_apps.admissions import urls as admissions
from tenant_apps.admissions.api import urls as admissions_api
from tenant_apps.dues import urls as dues
from tenant_apps.dues.api import urls as dues_api
from tenant_apps.elections import urls as elections
from tenant_apps.elections.api import urls as elections_api
from tenant_apps.members import urls as members
from tenant_apps.members.api import urls as members_api
from tenant_apps.transfers import urls as transfers
from tenant_apps.transfers.api import urls as transfers_api
from tenant_apps.treasury import urls as treasury
from tenant_apps.treasury.api import urls as treasury_api

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/openapi.json", ApiDocument.as_view()),
    *people.member_urls,
    *access.member_urls,
    path("api/v1/", include([*people_api.member_urls, *access_api.member_urls])),
    *members.member_urls,
    path("", include((dues.member_urls, "m-dues"))),
    path("", include((treasury.member_urls, "m-treasury"))),
    path("", include((rules.member_urls, "m-rules"))),
    path("", include((transfers.member_urls, "m-transfers"))),
    path("", include((admissions.member_urls, "m-admissions"))),
    path("", include((elections.member_urls, "m-elections"))),
    path("api/v1/", include([*dues_api.member_urls, *rules_api.member_urls])),
    path("api/v1/", include(members_api.member_urls)),
    path("api/v1/", include(treasury_api.member_urls)),
    path(
        "api/v1/",
        include(
            [*elections_api.member_urls, *transfers_api.member_urls, *admissions_api.member_urls]
        ),
    ),
]
handler400 = "kernel.web.views.bad_request"
handler403 = "kernel.web.views.forbidden"
handler404 = "kernel.web.views.not_found"
handler500 = "kernel.web.views.broken"

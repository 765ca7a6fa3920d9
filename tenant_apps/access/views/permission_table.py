"""The table of permissions, on one page, for whoever answers for them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from kernel.web.views import Page
from tenant_apps.access.permissions import AccessPermission
from tenant_apps.access.selectors import permission_table


class UnitPermissions(Page):
    """The roles of a unit."""

    permission = AccessPermission.PERMISSIONS_READ
    template_name = "access/permissions.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        roles = permission_table.UNIT_ROLES
        return self.render(
            frame="web/desk.html",
            title="权限一览",
            roles=list(roles.values()),
            areas=permission_table.areas(tuple(roles)),
        )


class ConsolePermissions(Page):
    """The roles of the platform, then those of units."""

    permission = AccessPermission.PERMISSIONS_READ
    template_name = "access/permissions.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        roles = {**permission_table.PLATFORM_ROLES, **permission_table.UNIT_ROLES}
        return self.render(
            frame="web/console.html",
            title="权限一览",
            roles=list(roles.values()),
            areas=permission_table.areas(tuple(roles)),
        )

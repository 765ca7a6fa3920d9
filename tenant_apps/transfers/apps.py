from importlib import import_module

from django.apps import AppConfig
from django.db.models import Q

from kernel.permissions import register
from tenant_apps.transfers.permissions import POLICY


class TransfersConfig(AppConfig):
    name = "tenant_apps.transfers"
    verbose_name = "组织关系转接"

    def ready(self) -> None:
        register(POLICY)
        organizations = import_module("tenant_apps.organizations.selectors")
        duties = import_module("tenant_apps.transfers.selectors.duties")
        organizations.register_duties(duties.Duties())
        models = import_module("tenant_apps.transfers.models")
        placement = import_module("tenant_apps.organizations.services.placement")
        running = Q(state__in=models.OPEN)
        placement.register(models.Handover, goes_over=running, member="member_id")
        placement.register(models.Handover, org="to_id", path="to_path", goes_over=running)
        references = import_module("tenant_apps.members.services.references")
        references.register(models.Handover, "组织关系转接")
        departures = import_module("tenant_apps.members.services.departures")
        departing = import_module("tenant_apps.transfers.services.departing")
        departures.register(departing.TransferEnds())
        open_matters = import_module("tenant_apps.organizations.services.open_matters")
        under_way = import_module("tenant_apps.transfers.selectors.under_way")
        open_matters.register(under_way.open_matters)
        members = import_module("tenant_apps.members.selectors")
        neighbours = import_module("tenant_apps.transfers.selectors.neighbours")
        members.register_section(neighbours.MemberSection())
        members.register_own_links(neighbours.own_links)
        import_module("tenant_apps.transfers.services.arriving").connect()

from importlib import import_module

from django.apps import AppConfig
from django.db.models import Q

from kernel.permissions import register
from tenant_apps.members.permissions import POLICY


class MembersConfig(AppConfig):
    name = "tenant_apps.members"
    verbose_name = "党员"

    def ready(self) -> None:
        register(POLICY)
        affiliating = import_module("tenant_apps.members.services.affiliating")
        import_module("tenants.archive.listeners").register(affiliating.after_import)
        members = import_module("tenant_apps.members.selectors")
        neighbours = import_module("tenant_apps.access.selectors.neighbours")
        organizations = import_module("tenant_apps.organizations.selectors")
        neighbours.register_members(members.standings_of)
        organizations.register(members.Residents())
        organizations.register(import_module("tenant_apps.members.selectors.roll").Roll())
        overview = import_module("tenant_apps.members.selectors.overview")
        organizations.register_section(overview.OrganizationSection())
        grouping = import_module("tenant_apps.members.selectors.grouping")
        organizations.register_section(grouping.GroupsSection())
        own_branch = import_module("tenant_apps.members.selectors.own_branch")
        members.register_own_links(own_branch.own_links)
        duties = import_module("tenant_apps.organizations.selectors.duties")
        file_duties = import_module("tenant_apps.members.selectors.file_duties")
        duties.register_duties(file_duties.FileDuties())
        standing = import_module("tenant_apps.members.selectors.standing")
        members.register_section(standing.StandingSection())
        duties.register_duties(standing.StandingDuties())
        self._register_rows()

    def _register_rows(self) -> None:
        """What goes along with a member, what ends with a membership, what has a place."""
        models = import_module("tenant_apps.members.models")
        references = import_module("tenant_apps.members.services.references")
        references.register(models.Change, "党籍变动")
        references.register(models.Entry, "扩展信息")
        references.register(models.Correction, "更正申请")
        references.register(models.Proposal, "变动审批")
        references.register(models.UpdateRow, "批量更新记录")
        departures = import_module("tenant_apps.members.services.departures")
        endings = import_module("tenant_apps.members.services.endings")
        departures.register(endings.Roles())
        departures.register(endings.Waiting())
        placement = import_module("tenant_apps.organizations.services.placement")
        staying = Q(is_active=True) | Q(standing=models.Standing.SUSPENDED)
        placement.register(models.Member, goes_over=staying, member="pk", group="group_id")
        placement.register(models.Change)

from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.db.models import Q

from kernel.permissions import register
from tenant_apps.admissions.permissions import POLICY


class AdmissionsConfig(AppConfig):
    name = "tenant_apps.admissions"
    verbose_name = "发展党员"

    def ready(self) -> None:
        register(POLICY)
        case = self.get_model("Case")
        placement = import_module("tenant_apps.organizations.services.placement")
        placement.register(case, goes_over=Q(state="OPEN"), member="member_id")
        references = import_module("tenant_apps.members.services.references")
        references.register(case, "发展档案")
        references.register_named(self.get_model("Step"), "培养联系人和介绍人", columns=("data",))
        departing = import_module("tenant_apps.admissions.services.departing")
        departures = import_module("tenant_apps.members.services.departures")
        departures.register(departing.CaseEnds())
        following = import_module("tenant_apps.admissions.services.following")
        followers = import_module("tenant_apps.members.services.followers")
        followers.register(following.CaseFollows())
        open_matters = import_module("tenant_apps.organizations.services.open_matters")
        open_matters.register(departing.open_matters)
        signing_in = import_module("tenant_apps.admissions.services.signing_in")
        import_module("tenants.archive.listeners").register(signing_in.after_import)
        gates = import_module("tenant_apps.admissions.selectors.gates")
        neighbours = import_module("tenant_apps.access.selectors.neighbours")
        neighbours.register_applicants(gates.applicants)
        organizations = import_module("tenant_apps.organizations.selectors")
        duties = import_module("tenant_apps.admissions.selectors.duties")
        residents = import_module("tenant_apps.admissions.selectors.residents")
        organizations.register_duties(duties.AdmissionDuties())
        organizations.register(residents.AdmissionResidents())
        members = import_module("tenant_apps.members.selectors")
        self._add_to_files(members)

    def _add_to_files(self, members: Any) -> None:
        """What a member's file tells of the way in."""
        sections = import_module("tenant_apps.admissions.selectors.sections")
        members.register_section(sections.AdmissionSection())
        members.register_own_links(sections.own_links)
        growth = import_module("tenant_apps.members.selectors.growth")
        growth.register_growth(sections.steps_in_growth)

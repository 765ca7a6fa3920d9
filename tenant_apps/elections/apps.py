from importlib import import_module
from typing import Any

from django.apps import AppConfig

from kernel.permissions import register
from tenant_apps.elections.permissions import POLICY


class ElectionsConfig(AppConfig):
    name = "tenant_apps.elections"
    verbose_name = "换届选举"

    def ready(self) -> None:
        register(POLICY)
        models = import_module("tenant_apps.elections.models")
        neighbours = import_module("tenant_apps.elections.selectors.neighbours")
        sections = import_module("tenant_apps.elections.selectors.sections")
        work = import_module("tenant_apps.elections.selectors.work")
        members = import_module("tenant_apps.members.selectors")
        organizations = import_module("tenant_apps.organizations.selectors")
        placement = import_module("tenant_apps.organizations.services.placement")
        organizations.register(neighbours.Cases())
        organizations.register_duties(work.Duties())
        organizations.register_section(sections.OrganizationSection())
        _add_to_files(members, sections)
        leading = import_module("tenant_apps.elections.services.leading")
        vacating = import_module("tenant_apps.elections.services.vacating")
        aftermath = import_module("tenant_apps.organizations.services.aftermath")
        aftermath.register(vacating.Posts())
        grouping = import_module("tenant_apps.members.selectors.grouping")
        grouping.register_leading(leading.GroupLeaders())
        placement.register(models.Election)
        placement.register(models.Post)
        placement.register(models.Reminder)
        matters = import_module("tenant_apps.organizations.services.open_matters")
        matters.register(neighbours.open_matters)
        departures = import_module("tenant_apps.members.services.departures")
        departures.register(import_module("tenant_apps.elections.services.departing").Offices())
        import_module("tenants.timetable").every_unit(
            import_module("tenant_apps.elections.services.reminding").remind_unit,
            name="elections.remind",
            label="换届提醒",
            seconds=24 * 3600,
            states=import_module("tenants.models").WORKING,
            # From nine in the morning in Beijing, spread over three hours.
            opens_at=1 * 3600,
            window=3 * 3600,
        )
        _name_members(models)


def _add_to_files(members: Any, sections: Any) -> None:
    """What a member's file tells of posts."""
    members.register_section(sections.MemberSection())
    members.register_own_links(sections.own_links)
    growing = import_module("tenant_apps.elections.selectors.growing")
    growth = import_module("tenant_apps.members.selectors.growth")
    growth.register_growth(growing.posts_in_growth)


def _name_members(models: Any) -> None:
    """What is of a member, or names one, goes along when two files become one."""
    references = import_module("tenant_apps.members.services.references")
    references.register(models.Post, "党内职务")
    references.register(models.Attendance, "选举到会", unique_with=("election",))
    references.register_named(models.Election, "候选人名单", columns=("nominees",))
    references.register_named(models.Step, "换届办理记录", columns=("data",))
    references.register_named(
        models.Ballot, "选举计票", columns=("candidates", "others", "elected", "tied")
    )

from importlib import import_module

from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "tenant_apps.members"
    verbose_name = "党员"

    def ready(self) -> None:
        import_module("tenant_apps.members.selectors.standing")  # tells access who is a member

from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "tenant_apps.members"
    verbose_name = "党员"

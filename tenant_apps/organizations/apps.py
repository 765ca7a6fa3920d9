from django.apps import AppConfig


class OrganizationsConfig(AppConfig):
    name = "tenant_apps.organizations"
    verbose_name = "党组织"

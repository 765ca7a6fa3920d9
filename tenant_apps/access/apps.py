from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "tenant_apps.access"
    verbose_name = "权限"

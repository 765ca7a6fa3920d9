from django.apps import AppConfig


class DuesConfig(AppConfig):
    name = "tenant_apps.dues"
    verbose_name = "党费"

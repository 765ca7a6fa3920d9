from django.apps import AppConfig


class RulesConfig(AppConfig):
    name = "shared_apps.rules"
    verbose_name = "规则"

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "shared_apps.people"
    verbose_name = "人员"

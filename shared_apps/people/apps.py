from django.apps import AppConfig

from kernel.permissions import register
from shared_apps.people.permissions import POLICY


class PeopleConfig(AppConfig):
    name = "shared_apps.people"
    verbose_name = "人员"

    def ready(self) -> None:
        register(POLICY)

from django.apps import AppConfig

from kernel.permissions import register

from .permissions import POLICY


class LibraryConfig(AppConfig):
    name = "shared_apps.library"
    verbose_name = "学习内容"

    def ready(self) -> None:
        register(POLICY)

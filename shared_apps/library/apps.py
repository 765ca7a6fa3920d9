from django.apps import AppConfig


class LibraryConfig(AppConfig):
    name = "shared_apps.library"
    verbose_name = "资料库"

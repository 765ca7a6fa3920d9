from django.apps import AppConfig


class TreesConfig(AppConfig):
    name = "tests.bench.trees"
    label = "trees"

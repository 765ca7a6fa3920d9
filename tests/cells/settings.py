"""A cell of the test: as on one machine, without services besides the database."""

from config.settings.local import *  # noqa: F403 - the product's own, and two changes
from config.settings.local import DATABASES

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
CELERY_TASK_ALWAYS_EAGER = True
DATABASES["default"]["OPTIONS"] = {"pool": {"min_size": 1, "max_size": 4, "timeout": 20}}

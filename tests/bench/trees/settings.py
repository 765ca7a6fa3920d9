"""A plain Django project with nothing but the two tree apps, in a schema of its own."""

import os
from urllib.parse import unquote, urlsplit

_where = urlsplit(os.environ["DATABASE_ADMIN_URL"])
SECRET_KEY = "bench"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.contenttypes", "mptt", "treebeard", "tests.bench.trees",
]  # fmt: skip
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _where.path.lstrip("/"),
        "USER": unquote(_where.username or ""),
        "PASSWORD": unquote(_where.password or ""),
        "HOST": _where.hostname,
        "PORT": _where.port,
        "OPTIONS": {"options": "-c search_path=plain_trees"},
    }
}

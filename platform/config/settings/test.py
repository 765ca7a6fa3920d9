"""Tests: the real database, nothing else from outside."""

import os
import secrets

os.environ.setdefault("SECRET_KEY", "only-for-tests")
os.environ.setdefault("MASTER_KEY", "11" * 32)
os.environ.setdefault("BROKER_URL", "memory://")
os.environ.setdefault("CACHE_URL", "redis://127.0.0.1:1/0")
_server = os.environ.get("TEST_DATABASE_URL", "postgresql://postgres@127.0.0.1:55432")
_process = f"gongjian_test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}_{os.getpid()}"
# A bench that takes hours to build names its database and keeps it.
_name = os.environ.get("KEPT_DATABASE") or _process
os.environ["DATABASE_ADMIN_URL"] = f"{_server}/{_name}"
os.environ["DATABASE_URL"] = (
    f"postgresql://gongjian_test_app:app@{_server.rpartition('@')[2]}/{_name}"
)
os.environ.pop("S3_ENDPOINT", None)
os.environ["DEMO"] = "0"
# The browser driver keeps an event loop in the process; the tests themselves are synchronous.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

from config.settings.base import *  # noqa: E402, F403 - after the environment is complete
from config.settings.base import DATABASES, STORAGES  # noqa: E402

TEST_DATABASE_SERVER = f"{_server}/postgres"
BASE_DOMAIN = "test"
ALLOWED_HOSTS = ["*"]
CONSOLE_HOST, MEMBER_HOST, PAY_HOST = "console.test", "m.test", "pay.test"
STATUS_HOST, PROBE_ORIGIN = "status.test", ""
del DATABASES["default"]["OPTIONS"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
STORAGES["default"] = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
SMS_GATEWAY_KEY = secrets.token_hex(8)

"""Plain django-tenants over the same models and in the same database: the baseline of benches.

The unit apps are tenant apps as its documentation has it, beside Django's auth, content types,
sessions and admin; its own backend, router and commands do the work.
"""

import os

from config.settings.base import *  # noqa: F403 - the baseline differs in what is said below
from config.settings.base import DATABASES, SHARED_APPS, TENANT_APPS

SHARED_APPS = [*SHARED_APPS, "tests.bench.plain"]
TENANT_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.admin",
    "django.contrib.messages",
    *TENANT_APPS,
]
if os.environ.get("PLAIN_SAME_TABLES"):
    TENANT_APPS = [app for app in TENANT_APPS if not app.startswith("django.")]
INSTALLED_APPS = [*SHARED_APPS, *(app for app in TENANT_APPS if app not in SHARED_APPS)]
TENANT_MODEL = "plain.Tenant"
TENANT_DOMAIN_MODEL = "plain.Domain"
TENANT_SYNC_ROUTER = "django_tenants.routers.TenantSyncRouter"
DATABASE_ROUTERS = [TENANT_SYNC_ROUTER]
DATABASES = {
    "default": {**DATABASES["owner"], "ENGINE": "django_tenants.postgresql_backend"},
}
SILENCED_SYSTEM_CHECKS = [
    "admin.E402",
    "admin.E403",
    "admin.E404",
    "admin.E408",
    "admin.E409",
    "admin.E410",
    "tenants.E001",
]
MIGRATION_MODULES = {}
if os.environ.get("PLAIN_MIGRATIONS"):
    _app, _, _module = os.environ["PLAIN_MIGRATIONS"].partition(":")
    MIGRATION_MODULES = {_app: _module}

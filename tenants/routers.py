"""Which tables are made where."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from django.apps import apps
from django.conf import settings

building_template: ContextVar[bool] = ContextVar("building_template", default=False)
"""True while the unit template is built; only then may unit tables be made."""


class SchemaRouter:
    """Only the owner makes tables: shared apps in ``public``, unit apps in the template."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        if db != "owner":
            return False
        is_unit_app = apps.get_app_config(app_label).name in settings.TENANT_APPS
        return is_unit_app == building_template.get()

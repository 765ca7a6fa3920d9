"""``gongjian setup``: makes an installation ready or brings it up to date."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand
from tenants.services import installation


class Command(BaseCommand):
    help = "Migrate shared tables, build the unit template, set rights, seed rules and cards."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(json.dumps(installation.install()))

"""``gongjian setup``: makes an installation ready or brings it up to date."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand

from kernel import clock
from shared_apps.library import services as library
from shared_apps.rules import services as rules
from tenants.services import installation


class Command(BaseCommand):
    help = "Migrate shared tables, capture new unit steps, set rights, seed rules and cards."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        done = installation.install(now=clock.now())
        done |= {"rule_packs": rules.seed(), "cards": library.seed()}
        self.stdout.write(json.dumps(done))

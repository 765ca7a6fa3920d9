"""Making or renewing an installation: shared tables, template, rights, units brought up to date."""

from __future__ import annotations

from django.core.management import call_command
from django.core.management.commands.migrate import Command as Migrate
from django.db import connections

from tenants.models import Unit
from tenants.services import grants, schemas, template

_LOCK = 7_203_114


def install() -> dict[str, int]:
    """Migrates the shared tables, rebuilds the template, sets every right, and replays to each
    unit the steps it has not seen.  Doing it again changes nothing; two at once take turns.
    """
    with connections["owner"].cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_LOCK])
        try:
            call_command(Migrate(), database="owner", interactive=False, verbosity=0)
            steps = template.build()
            grants.apply_shared()
            behind = Unit.objects.using("owner").exclude(schema_version="")
            replayed = sum(schemas.upgrade(unit=unit) for unit in behind)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_LOCK])
    return {"template_steps": steps, "replayed_steps": replayed}

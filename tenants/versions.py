"""Which schemas this code serves: those of its own release and of the one before (tenancy R13).

Newer ones too, for a release only adds.  A schema that is older still lacks what the code asks
for, so its unit does not answer until a wave has reached it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from django.apps import apps
from django.db.migrations.loader import MigrationLoader

from kernel.unit import shared_context


@cache
def too_old() -> frozenset[str]:
    """The template steps at which a schema is two releases or more behind this code.

    A release is what one ``setup`` captured.  Asked once per process, under which the code does
    not change; steps that other code captured meanwhile are newer and do not count.
    """
    ours = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    steps: Any = apps.get_model("tenants", "TemplateStep")
    with shared_context():
        captured = list(steps.objects.values_list("migration", "captured_at"))
    releases = sorted({at for name, at in captured if name in ours})
    before = releases[-2:][0] if releases else None
    return frozenset(name for name, at in captured if before and at < before)

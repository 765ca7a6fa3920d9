"""The environment of a process of the product that works on this test's database."""

from __future__ import annotations

import os
from pathlib import Path

from django.conf import settings


def environment(data: Path) -> dict[str, str]:
    """``data`` holds the files; the database and the master key are those of the test."""
    owner, app = settings.DATABASES["owner"], settings.DATABASES["default"]
    place = f"{owner['HOST'] or '127.0.0.1'}:{owner['PORT'] or 5432}/{owner['NAME']}"
    secret = f":{owner['PASSWORD']}" if owner["PASSWORD"] else ""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.local",
        "DATABASE_ADMIN_URL": f"postgresql://{owner['USER']}{secret}@{place}",
        "DATABASE_URL": f"postgresql://{app['USER']}:{app['PASSWORD']}@{place}",
        "MASTER_KEY": settings.MASTER_KEY.hex(),
        "GONGJIAN_DATA": str(data),
        "PYTHONPATH": os.pathsep.join([str(settings.ROOT), str(settings.ROOT / "platform")]),
    }

"""How gunicorn starts the web: the same log lines as everywhere, figures from zero."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from config.metric_files import start_afresh

logconfig_dict = settings.LOGGING


def on_starting(server: Any) -> None:
    """In the master, before the first worker."""
    start_afresh()

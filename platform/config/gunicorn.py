"""How gunicorn starts the web: the same log lines as everywhere, figures from zero."""

from __future__ import annotations

import gc
from typing import Any

from django.conf import settings

from config.metric_files import start_afresh

logconfig_dict = settings.LOGGING


def on_starting(server: Any) -> None:
    """In the master, before the first worker."""
    start_afresh()


def post_worker_init(worker: Any) -> None:
    """In each worker, once the application is loaded.

    What stays for the life of the process is looked through no more: a full collection of it
    held up a request for a tenth of a second.
    """
    gc.collect()
    gc.freeze()

"""The Celery application: jobs are service functions (``kernel.jobs``)."""

from __future__ import annotations

import logging.config
import os
import time
from typing import Any

from celery import Celery
from celery.signals import before_task_publish, setup_logging, worker_init
from django.conf import settings

from config.metric_files import start_afresh

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
app = Celery("gongjian")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="services")
app.autodiscover_tasks(["config"], related_name="schedule")
app.autodiscover_tasks(["config"], related_name="observing")


@before_task_publish.connect
def note_moment(headers: dict[str, Any] | None = None, **kwargs: Any) -> None:
    """Writes on every message when it was sent, so that the age of a queue can be told."""
    if headers is not None:
        headers["gongjian_sent_at"] = time.time()


@setup_logging.connect
def same_lines(**kwargs: Any) -> None:
    """Workers and beat write the lines that the web writes."""
    logging.config.dictConfig(settings.LOGGING)


@worker_init.connect
def figures_from_zero(**kwargs: Any) -> None:
    """In the parent of a worker, before its first child."""
    start_afresh()

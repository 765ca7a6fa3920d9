"""The Celery application: jobs are service functions (``kernel.jobs``)."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
app = Celery("gongjian")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="services")
app.autodiscover_tasks(["config"], related_name="schedule")

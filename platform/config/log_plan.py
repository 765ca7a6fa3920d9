"""Where log lines go.  Read while the settings are being made: imports nothing of ours."""

from __future__ import annotations

from typing import Any


def configuration(*, formatter: str) -> dict[str, Any]:
    """For Django, Celery and gunicorn alike; ``formatter`` is ``json`` or ``plain``."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {"()": "config.logs.JsonLine"},
            "plain": {"()": "config.logs.PlainLine"},
        },
        "filters": {"circumstances": {"()": "config.logs.Circumstances"}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": formatter,
                "filters": ["circumstances"],
            }
        },
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            # Every request and job has its own line (config.observing); these would repeat it.
            "django.request": {"level": "ERROR"},
            "celery.app.trace": {"level": "WARNING"},
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.beat": {"level": "WARNING"},
            "gunicorn.error": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        },
    }

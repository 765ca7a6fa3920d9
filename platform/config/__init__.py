"""Assembles the product.  The Celery application exists before the first job is sent."""

from config.celery import app as celery_app

__all__ = ["celery_app"]

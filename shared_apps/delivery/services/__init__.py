"""Sending messages."""

from shared_apps.delivery.services import gateway, sms, templates

__all__ = ["gateway", "sms", "templates"]

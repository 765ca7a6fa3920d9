"""Filters of the operators' pages."""

from __future__ import annotations

import datetime as dt

from django import template

from shared_apps.fleet.views import presenting

register = template.Library()


@register.filter
def age(since: dt.datetime | None, now: dt.datetime) -> str:
    """How long ago: ``6 小时``; a dash for never."""
    return presenting.age(since, now)

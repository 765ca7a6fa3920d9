"""Filters of the operators' pages."""

from __future__ import annotations

import datetime as dt

from django import template

from shared_apps.fleet.services import lines
from shared_apps.fleet.views import presenting

register = template.Library()


@register.filter
def age(since: dt.datetime | None, now: dt.datetime) -> str:
    """How long ago: ``6 小时``; a dash for never."""
    return lines.age(since, now)


@register.filter
def state_mark(state: str) -> str:
    """The mark of a unit's state."""
    return presenting.STATE_MARKS[state]


@register.filter
def schema_mark(state: str) -> str:
    """The mark of how a schema stands to the template."""
    return presenting.SCHEMA_MARKS[state]


@register.filter
def trouble_tone(kind: str) -> str:
    """How loud a trouble is shown."""
    return presenting.TONES[kind]


@register.filter
def trouble_mark(kind: str) -> str:
    """The mark of a trouble."""
    return presenting.MARKS[presenting.TONES[kind]]

"""Tags and filters of the operators' pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from kernel.clock import BEIJING
from shared_apps.fleet.services import lines
from shared_apps.fleet.views import presenting

register = template.Library()


@register.simple_tag
def ago(moment: dt.datetime | None, now: dt.datetime) -> SafeString:
    """How long ago something was, the moment itself when pointed at; a dash for never."""
    if moment is None:
        return SafeString("—")
    there = moment.astimezone(BEIJING)
    return format_html(
        '<time datetime="{}" title="{}">{}前</time>',
        there.isoformat(timespec="seconds"),
        f"{there:%Y-%m-%d %H:%M}",
        lines.age(moment, now),
    )


@register.filter
def in_words(reasons: Iterable[lines.Reason]) -> str:
    """All reasons in one line."""
    return "；".join(f"{one.label}：{one.text}" for one in reasons)


@register.filter
def options(values: Iterable[str]) -> SafeString:
    """Values to choose from, in one piece: a loop over hundreds costs more than the list."""
    return format_html_join("", '<option value="{}"></option>', ((one,) for one in values))


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

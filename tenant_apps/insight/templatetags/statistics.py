"""How numbers of the statistics are shown."""

from __future__ import annotations

from decimal import Decimal

from django import template

register = template.Library()


@register.filter
def counted(value: int | Decimal | None) -> str:
    """1,234; an empty field stays a dash, which is something else than nobody."""
    if value is None:
        return "—"
    if isinstance(value, Decimal) and value == value.to_integral_value():
        value = int(value)
    return f"{value:,}"


@register.filter
def signed(value: int | Decimal) -> str:
    """The difference to a year earlier: +12, −3."""
    return f"{'+' if value > 0 else '−'}{counted(value if value > 0 else -value)}"

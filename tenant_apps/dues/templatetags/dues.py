"""Words for categories and months, from the pack and never from a template."""

from __future__ import annotations

from collections.abc import Sequence

from django import template

from kernel import clock
from shared_apps.payments.selectors import Channel
from shared_apps.rules import selectors as rules
from tenant_apps.dues.models import Receipt
from tenant_apps.dues.selectors.contributions import kind_label
from tenant_apps.dues.selectors.receipts import Verification, months_in_words

register = template.Library()


@register.filter
def category_label(category: str) -> str:
    """WAGE → 按月领取工资."""
    return rules.dues_pack(clock.today()).label_of(category)


@register.filter
def months_label(months: Sequence[int]) -> str:
    """[202610, 202611] → 2026 年 10 月至 11 月."""
    return months_in_words(months)


@register.filter
def covers(receipt: Receipt | Verification) -> str:
    """What a receipt is for: its months, or the kind of what was given above the dues."""
    return kind_label(receipt.kind) or months_in_words(receipt.months)


@register.filter
def channel_label(channel: str) -> str:
    """``wechat`` → 微信支付."""
    return Channel.word_for(channel)


@register.filter
def state_key(state: str) -> str:
    """A bill's state as the design system's key."""
    return state.lower()

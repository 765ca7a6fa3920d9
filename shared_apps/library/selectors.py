"""Reading the cards."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from kernel.errors import NotFound
from shared_apps.library.models import Card


class NoCards(NotFound):
    code = "cards_missing"
    sentence = "平台还没有知识卡，请联系平台运维人员执行 setup。"


class CardUnknown(NotFound):
    code = "card_unknown"
    sentence = "没有找到这张知识卡。"


def all_cards() -> QuerySet[Card]:
    return Card.objects.all()


def card_ids_for(first: int, count: int) -> list[UUID]:
    """Of the cards that go with ``count`` receipts of a year from the first-th on: they come round
    in order.

    Raises NoCards before the first ``setup``.
    """
    cards = list(Card.objects.order_by("number").values_list("id", flat=True))
    if not cards:
        raise NoCards
    return [cards[(first + place - 1) % len(cards)] for place in range(count)]


def card_for(serial_number: int) -> Card:
    """The card that goes with the n-th receipt of a year.  Raises NoCards."""
    return card(*card_ids_for(serial_number, 1))


def card(card_id: UUID) -> Card:
    """Raises CardUnknown."""
    found = Card.objects.filter(pk=card_id).first()
    if found is None:
        raise CardUnknown
    return found


def cards_by_id(card_ids: Iterable[UUID]) -> dict[UUID, Card]:
    """Several cards at once; ids that are not there are left out."""
    return {found.id: found for found in Card.objects.filter(pk__in=set(card_ids))}

"""The knowledge cards."""

from __future__ import annotations

import pytest

from kernel.models import uuid7
from shared_apps.library import selectors, services
from shared_apps.library.models import Card


class TestSeed:
    def test_cards_keep_their_ids_when_texts_are_corrected(self, db):
        before = dict(Card.objects.values_list("number", "id"))
        Card.objects.filter(number=1).update(body="旧文字")
        assert services.seed() == len(before) >= 12
        assert dict(Card.objects.values_list("number", "id")) == before
        assert Card.objects.get(number=1).body != "旧文字"

    def test_every_card_is_whole(self, db):
        for card in selectors.all_cards():
            assert card.title
            assert card.paragraphs
            assert card.source
            assert 1 <= card.minutes <= 3


class TestCardFor:
    def test_cards_come_round_in_order(self, alpha):
        count = selectors.all_cards().count()
        assert selectors.card_for(1).number == 1
        assert selectors.card_for(count).number == count
        assert selectors.card_for(count + 1).number == 1

    def test_without_cards_it_says_so(self, db):
        Card.objects.all().delete()
        with pytest.raises(selectors.NoCards):
            selectors.card_for(1)


class TestCard:
    def test_finds_one_and_several(self, alpha):
        first = selectors.card_for(1)
        assert selectors.card(first.id) == first
        assert selectors.cards_by_id([first.id, uuid7()]) == {first.id: first}
        with pytest.raises(selectors.CardUnknown):
            selectors.card(uuid7())

"""Loading the cards that ship with the product."""

from __future__ import annotations

import json
from pathlib import Path

from kernel.models import uuid7
from shared_apps.library.models import Card

_FILE = Path(__file__).parent / "packs" / "cards.json"


def seed() -> int:
    """Stores the shipped cards and corrects their texts; returns how many there are.

    A card keeps its id, so that receipts that carry it still find it.
    """
    entries = json.loads(_FILE.read_text(encoding="utf-8"))
    Card.objects.bulk_create(
        [
            Card(
                id=uuid7(),
                number=number,
                title=entry["title"],
                body="\n".join(entry["paragraphs"]),
                source=entry["source"],
                minutes=entry["minutes"],
            )
            for number, entry in enumerate(entries, start=1)
        ],
        update_conflicts=True,
        unique_fields=["number"],
        update_fields=["title", "body", "source", "minutes"],
    )
    return len(entries)

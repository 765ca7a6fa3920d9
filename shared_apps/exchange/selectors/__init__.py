"""Who can be reached, and what is on its way."""

from .counting import Traffic, traffic
from .directory import (
    SHORTEST,
    Destination,
    ReceiverUnknown,
    destination_of,
    is_published,
    search,
)
from .tracking import Tracking, tracking_of

__all__ = [
    "SHORTEST",
    "Destination",
    "ReceiverUnknown",
    "Tracking",
    "Traffic",
    "destination_of",
    "is_published",
    "search",
    "tracking_of",
    "traffic",
]

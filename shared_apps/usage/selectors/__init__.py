"""Reading metering: a unit's figures, sums over units, days, freshness."""

from shared_apps.usage.selectors.days import Day, Span, by_day, span_asked_for, span_of
from shared_apps.usage.selectors.figures import (
    UnitFigures,
    dues_by_unit,
    figures_by_unit,
    totals_by_unit,
)
from shared_apps.usage.selectors.freshness import Lag, as_of, as_of_last_drain, drifts, lag
from shared_apps.usage.selectors.joining import drifts_of_units, unfolded_payments
from shared_apps.usage.selectors.places import (
    Acts,
    By,
    Place,
    Together,
    acts_everywhere,
    by_asked_for,
    everything,
    named,
    places,
    sums_by_place,
)
from shared_apps.usage.selectors.suppression import shown

__all__ = [
    "Acts",
    "By",
    "Day",
    "Lag",
    "Place",
    "Span",
    "Together",
    "UnitFigures",
    "acts_everywhere",
    "as_of",
    "as_of_last_drain",
    "by_asked_for",
    "by_day",
    "drifts",
    "drifts_of_units",
    "dues_by_unit",
    "everything",
    "figures_by_unit",
    "lag",
    "named",
    "places",
    "shown",
    "span_asked_for",
    "span_of",
    "sums_by_place",
    "totals_by_unit",
    "unfolded_payments",
]

"""Reading the rules in force on a day."""

from .dues import (
    Assessment,
    BaseItem,
    BaseLine,
    Bracket,
    DuesPack,
    ExtraKind,
    FixedCategory,
    RatedCategory,
    Rounding,
    Treatment,
    WageBase,
    first_due_month,
    quarter_average,
)
from .packs import dues_pack, dues_packs

__all__ = [
    "Assessment",
    "BaseItem",
    "BaseLine",
    "Bracket",
    "DuesPack",
    "ExtraKind",
    "FixedCategory",
    "RatedCategory",
    "Rounding",
    "Treatment",
    "WageBase",
    "dues_pack",
    "dues_packs",
    "first_due_month",
    "quarter_average",
]

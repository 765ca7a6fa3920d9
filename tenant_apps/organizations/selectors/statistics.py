"""What the yearly statistics read of the tree: organisations, and what each was honoured for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from shared_apps.rules.selectors import codes
from tenant_apps.organizations.models import LABEL_WIDTH, Honour, Organization, Workplace

COLUMNS: Final = ("org_id", "path", "name", "kind", "unit_nature")
HONOUR_COLUMNS: Final = ("org_id", "org_path", "level")
SEVERAL: Final = "SEVERAL"
"""Units of different natures stand behind one organisation, as behind a joint branch."""
_NATURE_OF_PROFILE: Final[Mapping[str, str]] = {
    "enterprise": "STATE_ENTERPRISE",
    "agency": "AGENCY",
    "institution": "INSTITUTION",
    "school": "SCHOOL",
    "village": "VILLAGE",
    "community": "COMMUNITY",
}
"""What kind of client the unit is says the nature; 两新组织 are either of two: not told."""

_ORGS: Final = Organization._meta.db_table
# Whoever has units behind it, or says that it stands by itself, is told by itself; everybody else
# is as the nearest superior that is told (与上级党组织相同, rulebook 8.3), the rest as the client,
# whose own organisation the root is.
_STATEMENT: Final = f"""
WITH named AS (
    SELECT w.org_id, min(words.code) AS lowest, max(words.code) AS highest,
        bool_or(words.code IS NULL) AS is_partly_unknown
    FROM {Workplace._meta.db_table} w
    LEFT JOIN unnest(%(nature_words)s::text[], %(nature_codes)s::text[]) AS words(word, code)
        ON words.word = w.nature
    GROUP BY w.org_id
), told AS (
    SELECT o.path, CASE
        WHEN named.org_id IS NULL OR named.is_partly_unknown THEN ''
        WHEN named.lowest = named.highest THEN named.lowest
        ELSE '{SEVERAL}' END AS nature
    FROM {_ORGS} o LEFT JOIN named ON named.org_id = o.id
    WHERE named.org_id IS NOT NULL
        OR o.depth > 1 AND o.unit_situation IN ('LEGAL', 'JOINT')
), nearest AS (
    SELECT DISTINCT ON (o.id) o.id, told.nature
    FROM {_ORGS} o
    CROSS JOIN LATERAL generate_series({LABEL_WIDTH}, length(o.path), {LABEL_WIDTH}) AS width
    JOIN told ON told.path = left(o.path, width)
    ORDER BY o.id, width DESC
)
SELECT o.id, o.path, o.name, o.kind, coalesce(nearest.nature, %(home_nature)s)
FROM {_ORGS} o LEFT JOIN nearest ON nearest.id = o.id
"""
_HONOURS: Final = f"""
SELECT h.org_id, o.path, CASE WHEN h.level = ANY(%(levels)s) THEN h.level ELSE '' END
FROM {Honour._meta.db_table} h JOIN {_ORGS} o ON o.id = h.org_id
WHERE h.struck_at IS NULL AND h.given_on BETWEEN %(first)s AND %(as_of)s
"""


def statement() -> str:
    """Every organisation that there is or was, with its place and the nature of its unit; takes
    ``parameters``.
    """
    return _STATEMENT


def honours_statement() -> str:
    """What organisations were commended for in the period; takes ``parameters``."""
    return _HONOURS


def parameters(*, year: int, as_of: dt.date, profile: str) -> dict[str, Any]:
    """What both statements ask for; ``profile`` is what kind of client the unit is."""
    natures = codes.table("unit_nature").entries
    words = {word: one.code for one in natures for word in (one.label, *one.aliases)}
    return {
        "first": dt.date(year, 1, 1),
        "as_of": as_of,
        "levels": list(codes.table("award_level").labels),
        "nature_words": list(words),
        "nature_codes": list(words.values()),
        "home_nature": _NATURE_OF_PROFILE.get(profile, ""),
    }

"""How large a workbook may be; sized so that 80,000 rows of 30 columns pass with room."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes are bytes, the rest are counts; ``area`` is rows times used columns of one sheet."""

    file_bytes: int = 50 * 1024 * 1024
    unpacked_bytes: int = 400 * 1024 * 1024
    members: int = 2_000
    ratio: int = 100
    ratio_from_bytes: int = 8 * 1024 * 1024
    rows: int = 200_000
    columns: int = 256
    area: int = 6_000_000


LIMITS = Limits()

"""The timetable: which jobs run by the clock.  Each finds its work in rows, not in messages."""

from __future__ import annotations

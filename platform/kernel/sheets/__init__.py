"""Workbooks in and out: guards, formats, streams of rows.  Knows nothing of the domain.

``reading.open_book`` refuses what must not be opened and streams the rest;
``writing`` makes workbooks and CSV in which no cell can ever run as a formula.
"""

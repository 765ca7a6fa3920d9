"""Several installations under one domain: who has which name, and where a host belongs.

A cell (分区) is one installation.  One of them, the control cell, gives out names and shows all
units; the others ask it.  Nothing here enters a unit (docs/CELLS.md).
"""

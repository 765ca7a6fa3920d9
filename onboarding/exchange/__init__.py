"""Exchange sets (rulebook 8): their fields, reading and writing files of them, checking rows.

Knows values only: nothing here touches a table.
"""

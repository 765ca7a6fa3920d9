"""One unit as one file: what it holds, how it is locked, and how it becomes a schema again.

The format is open and described in docs/ARCHIVE_FORMAT.md.  From the outside in: ``envelope``
(encrypted in chunks, signed), ``container`` (a ZIP with a manifest), ``tables`` (one CSV each,
written and read by the database itself).  ``writing`` and ``reading`` put these together;
``side`` builds a schema beside the one in force and ``swap`` exchanges the two.
"""

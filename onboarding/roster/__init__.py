"""Understanding a unit's roster: pure domain, no database.

    book = kernel.sheets.reading.open_book(content, filename)       # raises kernel.sheets.errors
    found = reader.understand(book, unit_name, today, corrections=Corrections(), known_orgs=())
    refused.refused_workbook(book, found)                           # .xlsx to be corrected
    codec.review(found); codec.pack(found.accepted); codec.unpack(block)
    counting.monthly_dues_fen(found.accepted, assess)               # assess(category, base_fen)

``understanding`` holds the values (``Understanding``, ``OrgNode``, ``MemberRow``, ``Rejection``,
``Notice``, ``Corrections``); ``faults.RULES`` every rule that refuses a row, in the order in
which they are reported.
"""

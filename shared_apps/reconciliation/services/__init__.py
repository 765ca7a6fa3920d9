"""Reconciliation step by step; each may be killed and repeated at any point (payments.md 7.6).

`arranging.arrange` opens a run for every account, day and kind; `fetching.fetch_due` brings the
bills; `loading.load` reads one; `classifying.classify` compares all lines of many with all orders
in a few statements; `deciding` is what people and the platform do about differences.  Who stands
above books what was found: `deciding.cases_to_ask` and `deciding.note_booked`.
"""

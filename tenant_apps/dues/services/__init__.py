"""Verbs of dues: fix standards, issue and take back months, collect, book, give receipts."""

from . import billing, booking, collection, ledger, receipts, standards

__all__ = ["billing", "booking", "collection", "ledger", "receipts", "standards"]

"""Verbs of dues: fix standards, issue and take back months, collect, book, give receipts."""

from . import billing, collection, ledger, receipts, settlement, standards

__all__ = ["billing", "collection", "ledger", "receipts", "settlement", "standards"]

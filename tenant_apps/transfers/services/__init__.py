"""Transfers of organisational relations: each step a function, the order in one table."""

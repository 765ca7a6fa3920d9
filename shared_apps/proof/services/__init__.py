"""Keeping what the nightly proof found."""

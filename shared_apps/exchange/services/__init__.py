"""Sending between units, handing over, and being found."""

"""Endpoints of dues: the desk's, and those of the member's own phone."""

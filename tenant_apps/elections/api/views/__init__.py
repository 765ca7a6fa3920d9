"""Endpoints of elections: cases and posts, and the acts of a case."""

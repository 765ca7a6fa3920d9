"""Pages of dues: the desk, the phone, and what needs no sign-in."""

"""Pages of roles and invitations, and of signing in to a unit."""

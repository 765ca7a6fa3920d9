"""Pages of the treasury."""

"""Reading the yearly statistics."""

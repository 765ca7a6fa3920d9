"""Several installations under one domain."""

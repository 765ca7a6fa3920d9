"""The migrations of an app that has no tables here."""

"""The demo: invented units, opened the way real ones are, with accounts to try them with."""

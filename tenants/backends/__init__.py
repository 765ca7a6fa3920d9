"""Two ways into the same database: ``unit`` for all work, ``owner`` for making schemas."""

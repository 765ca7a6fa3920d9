"""Reading transfers: rules as tables and pure functions, lists, work lists, time lines."""

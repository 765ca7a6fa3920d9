"""What must be true of the books: the rules, asking them of a unit, and what came of it."""

"""Reading bills, differences, and how far a day is; a unit in force sees its own."""

"""Reading the unit's books, vouchers, sweeps and publications."""

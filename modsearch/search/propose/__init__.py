"""Which network comes next."""

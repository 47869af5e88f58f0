"""Which channels MoD blocks select."""

"""Networks that are timed again, here or elsewhere."""

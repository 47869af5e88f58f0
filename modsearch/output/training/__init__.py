"""Networks that were trained in full."""

"""Tables and descriptions."""

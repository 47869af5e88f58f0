"""modsearch."""

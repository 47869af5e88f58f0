"""Block modules, one file a kind."""

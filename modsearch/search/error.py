"""Errors of a search that are nobody's bad input."""


class SearchFailed(RuntimeError):
    """So many trials failed one after the other that the search cannot be working."""

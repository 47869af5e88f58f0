"""Errors of a search that are nobody's bad input."""


class SearchFailed(RuntimeError):  # noqa: N818
    """So many trials failed one after the other that the search cannot be working."""

"""A database server for those who ask for it."""

from tests.integration.postgres import server, url

__all__ = ["server", "url"]

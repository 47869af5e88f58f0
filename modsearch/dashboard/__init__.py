"""The dashboard: a study as a page that follows it, read-only."""

from modsearch.dashboard.application import Reader, create_app
from modsearch.dashboard.document import Document, study_document
from modsearch.dashboard.guard import Access
from modsearch.dashboard.server import MOST_STUDIES, access_to, listen, serve

__all__ = [
    "MOST_STUDIES",
    "Access",
    "Document",
    "Reader",
    "access_to",
    "create_app",
    "listen",
    "serve",
    "study_document",
]

"""The study: who proposes networks, and how they are scored one after the other."""

from modsearch.search.database import without_password
from modsearch.search.doctor import Finding, mend
from modsearch.search.driver import has_driver
from modsearch.search.error import SearchFailed, StorageFailed, is_out_of_memory
from modsearch.search.evaluator import Evaluator
from modsearch.search.header import Header
from modsearch.search.listener import Listener
from modsearch.search.local import LocalExecutor
from modsearch.search.meter import Ending
from modsearch.search.run import RunPlace, open_run
from modsearch.search.storage import weights_path
from modsearch.search.study import Study, load_study
from modsearch.search.watch import Watch

__all__ = [
    "Ending",
    "Evaluator",
    "Finding",
    "Header",
    "Listener",
    "LocalExecutor",
    "RunPlace",
    "SearchFailed",
    "StorageFailed",
    "Study",
    "Watch",
    "has_driver",
    "is_out_of_memory",
    "load_study",
    "mend",
    "open_run",
    "weights_path",
    "without_password",
]

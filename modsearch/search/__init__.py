"""The study: who proposes networks, and how they are scored one after the other."""

from modsearch.message import is_out_of_memory
from modsearch.search.doctor import Finding, mend
from modsearch.search.driver import has_driver
from modsearch.search.error import SearchFailed, StorageFailed
from modsearch.search.evaluator import Evaluator
from modsearch.search.listener import Listener
from modsearch.search.local import LocalExecutor
from modsearch.search.meter import Ending
from modsearch.search.run import RunPlace, open_run
from modsearch.search.storage import weights_path, without_password
from modsearch.search.study import Header, Study, load_study
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

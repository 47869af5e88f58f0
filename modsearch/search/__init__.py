"""The study: who proposes networks, and how they are scored one after the other."""

from modsearch.message import is_out_of_memory
from modsearch.search.corner import corner_of
from modsearch.search.database import without_password
from modsearch.search.doctor import Finding, mend
from modsearch.search.driver import has_driver
from modsearch.search.error import SearchFailed, StorageFailed
from modsearch.search.evaluator import Evaluator
from modsearch.search.executor import Driver, Executor, create_executor, prepare_executor, spread_images
from modsearch.search.header import Header
from modsearch.search.later import (
    LaterRecord,
    awaited,
    laters_at,
    open_for_laters,
    own_laters,
    read_laters,
    reported,
)
from modsearch.search.listener import Listener
from modsearch.search.local import LocalExecutor
from modsearch.search.meter import Ending
from modsearch.search.patience import OUTAGE
from modsearch.search.remeasurement import due, insist, is_busy, remeasure
from modsearch.search.remote import time_on_host
from modsearch.search.run import RunPlace, open_run
from modsearch.search.storage import weights_path
from modsearch.search.study import Study, load_study
from modsearch.search.timing import Result, check_asked, confirm, read_job, read_results, time_each
from modsearch.search.watch import Watch
from modsearch.search.worker_state import WorkerState

__all__ = [
    "OUTAGE",
    "Driver",
    "Ending",
    "Evaluator",
    "Executor",
    "Finding",
    "Header",
    "LaterRecord",
    "Listener",
    "LocalExecutor",
    "Result",
    "RunPlace",
    "SearchFailed",
    "StorageFailed",
    "Study",
    "Watch",
    "WorkerState",
    "awaited",
    "check_asked",
    "confirm",
    "corner_of",
    "create_executor",
    "due",
    "has_driver",
    "insist",
    "is_busy",
    "is_out_of_memory",
    "laters_at",
    "load_study",
    "mend",
    "open_for_laters",
    "open_run",
    "own_laters",
    "prepare_executor",
    "read_job",
    "read_laters",
    "read_results",
    "remeasure",
    "reported",
    "spread_images",
    "time_each",
    "time_on_host",
    "weights_path",
    "without_password",
]

"""The study: who proposes networks, and how they are scored one after the other."""

from modsearch.message import is_out_of_memory
from modsearch.search.doctor import Finding, mend
from modsearch.search.error import SearchFailed, StorageFailed
from modsearch.search.evaluator import Evaluator, SharedImages
from modsearch.search.execute.context import Context
from modsearch.search.execute.executor import Executor, check_device, create_executor, prepare_executor, spread_images
from modsearch.search.execute.listener import Listener
from modsearch.search.execute.local import LocalExecutor
from modsearch.search.execute.source import Ending, Source
from modsearch.search.refine.advice import Adviser
from modsearch.search.refine.opening import check_conditions, open_for_refinement
from modsearch.search.refine.preparation import Request, planned, prepare, refined_spec
from modsearch.search.refine.refine_source import RefineSource
from modsearch.search.refine.refinement import Refinement
from modsearch.search.refine.report import believed_front, evidence_of, own_front, refined
from modsearch.search.retime.host import Host, time_on
from modsearch.search.retime.hosts import Hosts
from modsearch.search.retime.remeasurement import due, insist, is_busy, remeasure
from modsearch.search.retime.service import lines_of, serve, turn
from modsearch.search.retime.timing import Result, check_asked, confirm, read_job, read_results, time_each
from modsearch.search.run import RunPlace, measured_everywhere, open_run
from modsearch.search.store.corner import corner_of
from modsearch.search.store.database import without_password
from modsearch.search.store.header import Header
from modsearch.search.store.lock import has_driver
from modsearch.search.store.refinement_log import RefinementLog, count_refined
from modsearch.search.store.remeasurement_log import (
    RemeasurementLog,
    awaited,
    open_for_remeasurement,
    own_remeasurements,
    read_remeasurements,
    remeasurements_at,
    reported,
)
from modsearch.search.store.retry import OUTAGE
from modsearch.search.store.run_folder import weights_path
from modsearch.search.store.study import Study, load_study
from modsearch.search.store.watch import Watch
from modsearch.search.store.worker_state import WorkerState

__all__ = [
    "OUTAGE",
    "Adviser",
    "Context",
    "Ending",
    "Evaluator",
    "Executor",
    "Finding",
    "Header",
    "Host",
    "Hosts",
    "Listener",
    "LocalExecutor",
    "RefineSource",
    "Refinement",
    "RefinementLog",
    "RemeasurementLog",
    "Request",
    "Result",
    "RunPlace",
    "SearchFailed",
    "SharedImages",
    "Source",
    "StorageFailed",
    "Study",
    "Watch",
    "WorkerState",
    "awaited",
    "believed_front",
    "check_asked",
    "check_conditions",
    "check_device",
    "confirm",
    "corner_of",
    "count_refined",
    "create_executor",
    "due",
    "evidence_of",
    "has_driver",
    "insist",
    "is_busy",
    "is_out_of_memory",
    "lines_of",
    "load_study",
    "measured_everywhere",
    "mend",
    "open_for_refinement",
    "open_for_remeasurement",
    "open_run",
    "own_front",
    "own_remeasurements",
    "planned",
    "prepare",
    "prepare_executor",
    "read_job",
    "read_remeasurements",
    "read_results",
    "refined",
    "refined_spec",
    "remeasure",
    "remeasurements_at",
    "reported",
    "serve",
    "spread_images",
    "time_each",
    "time_on",
    "turn",
    "weights_path",
    "without_password",
]

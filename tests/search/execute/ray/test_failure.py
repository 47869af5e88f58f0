"""Why a worker was lost, from what Ray 2.60 writes."""

import pytest

from modsearch.search.execute.ray.failure import failure_reason, start_failure

pytestmark = pytest.mark.ray

START = """
The actor died because of an error raised in its creation task, \x1b[36mray::Worker.__init__()\x1b[39m (pid=15615, \
ip=127.0.0.1, actor_id=0dd45481ba047be22961344701000000, repr=<worker.Worker object at 0x7ffa069e6e10>)
  File "/ray/tune/trainable/trainable.py", line 151, in __init__
    self.setup(copy.deepcopy(self.config))
ImportError: a file of the user
"""
UNREAD = START.replace(
    "ImportError: a file of the user", "ray.exceptions.RaySystemError: System error: No module named 'mine'"
)
MAILBOX_LOST = START.replace(
    "ImportError: a file of the user", "ray.exceptions.ActorUnavailableError: The actor is away."
)
STEP = """\x1b[36mray::Worker.train()\x1b[39m (pid=7, ip=10.0.0.2, actor_id=0d, repr=<worker.Worker object at 0x7f>)
  File "/modsearch/search/execute/ray/worker.py", line 60, in step
modsearch.search.error.SearchFailed: 'a' cannot be written: the disk is full.
"""
DEATH = """The actor died unexpectedly before finishing this task.
\tclass_name: Worker
\tpid: 7
"""


@pytest.mark.parametrize(
    ("text", "reason", "of_start"),
    [
        (START, "a worker failed: ImportError: a file of the user", "ImportError: a file of the user"),
        (
            UNREAD,
            "a worker failed: ray.exceptions.RaySystemError: System error: No module named 'mine'",
            "ray.exceptions.RaySystemError: System error: No module named 'mine'",
        ),
        (MAILBOX_LOST, "a worker failed: ray.exceptions.ActorUnavailableError: The actor is away.", ""),
        (
            STEP,
            "a worker failed: modsearch.search.error.SearchFailed: 'a' cannot be written: the disk is full.",
            "",
        ),
        (DEATH, "a worker died: The actor died unexpectedly before finishing this task.", ""),
        ("", "a worker died: no reason was given", ""),
    ],
    ids=["start", "what it is given", "mailbox", "step", "death", "nothing"],
)
def test_only_an_error_of_its_start_keeps_all_workers_from_starting(text: str, reason: str, of_start: str) -> None:
    assert failure_reason(text) == reason
    assert start_failure(text) == (f"No worker can start on 127.0.0.1: {of_start}" if of_start else "")

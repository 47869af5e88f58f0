"""OpenVINO, started once."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import openvino


@cache
def openvino_core() -> "openvino.Core":
    """The one of this process, kept until it ends.

    Each core gives the thread that first compiles with it a stack for signals, and takes it away as it goes (OpenVINO
    2026.4 on Linux). Two that do not go in reverse order leave the thread a stack that is unmapped: the next signal,
    be it a time limit's or Ctrl+C, kills the process without a word.
    """
    import openvino

    return openvino.Core()

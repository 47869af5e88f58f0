"""What is shown may fail, and the work goes on."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from modsearch.output.live.screen import tell


class Display(Protocol):
    """What shows long work.

    Attributes:
        work: what goes on, in a word.
        is_broken: something could not be shown.
    """

    work: str
    is_broken: bool


_Given = ParamSpec("_Given")
_Display = TypeVar("_Display", bound=Display)


def harmless(show: Callable[Concatenate[_Display, _Given], None]) -> Callable[Concatenate[_Display, _Given], None]:
    """A method that does not end the work: the first error is told, and no more of them."""

    @wraps(show)
    def guarded(display: _Display, /, *given: _Given.args, **named: _Given.kwargs) -> None:
        try:
            show(display, *given, **named)
        except Exception as error:
            if not display.is_broken:
                tell(f"The display is incomplete ({type(error).__name__}: {error}). The {display.work} goes on.")
            display.is_broken = True

    return guarded

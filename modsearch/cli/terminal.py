"""The terminal as it is: its characters may be few, and it may close."""

import codecs
import signal
import sys
from io import TextIOWrapper
from types import FrameType
from typing import NoReturn

_PLAIN = str.maketrans("▁▂▃▄▅▆▇█·…━─", "_.-:=+*#-.--")  # bars and points, and what rich draws with
_SPINNER = range(0x2800, 0x2900)  # rich's: patterns of dots
_FRAMES = "|/-\\"


def speak_plainly() -> None:
    """Let stdout and stderr write plain characters for those that their encoding lacks; for letters their numbers."""
    codecs.register_error("modsearch", _plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="modsearch")


def end_as_by_ctrl_c() -> None:
    """Let a closing terminal and SIGTERM do what Ctrl-C does. Where they are ignored, as by nohup, they stay so."""
    for number in (signal.SIGHUP, signal.SIGTERM):
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _interrupt)


def _interrupt(number: int, _: FrameType | None) -> NoReturn:
    signal.signal(number, signal.SIG_IGN)  # a shell and the kernel both tell that a terminal closes
    raise KeyboardInterrupt


def _plain(error: UnicodeError) -> tuple[str, int]:
    """An error handler of ``codecs``: what is written for the characters from ``start`` to ``end``."""
    assert isinstance(error, UnicodeEncodeError)
    text = error.object[error.start : error.end].translate(_PLAIN)
    text = "".join(_FRAMES[ord(character) % 4] if ord(character) in _SPINNER else character for character in text)
    return text.encode(error.encoding, "backslashreplace").decode(error.encoding), error.end

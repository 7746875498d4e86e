"""Ctrl-C while modules are imported: it waits until they are."""

from __future__ import annotations

import _thread
import signal
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_IMPORTS: Final = "<frozen importlib._bootstrap"
#: How often it is looked whether the import is over, in s.
_LOOK_AGAIN_S: Final = 0.02


@contextmanager
def interrupted_between_imports() -> Iterator[None]:
    """Let Ctrl-C raise `KeyboardInterrupt` in the block, but in no import.

    There the exception would be lost in a callback of the import's own, or come out as another one from the
    start of a compiled module.

    Examples
    --------
    >>> with interrupted_between_imports():
    ...     import wave
    """
    # Elsewhere signals are somebody else's, and where they are ignored (nohup) they stay ignored.
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    over = False

    def send_again() -> None:
        time.sleep(_LOOK_AGAIN_S)
        if not over:
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    def interrupt(number: int, frame: FrameType | None) -> None:
        if not _imports(frame):
            raise KeyboardInterrupt
        # A thread of `threading` would take locks that the interrupted code may hold.
        _thread.start_new_thread(send_again, ())

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        over = True
        if signal.getsignal(signal.SIGINT) is interrupt:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def _imports(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith(_IMPORTS):
            return True
        frame = frame.f_back
    return False

"""Lightning's Trainer as a guest in a program: no chatter, and the program's own answer to Ctrl-C."""

from __future__ import annotations

import logging
import signal
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What Lightning says of every training here, though all is as it should be.
_EXPECTED_WARNINGS: Final = (
    r"Checkpoint directory .* exists and is not empty",
    r"Experiment logs directory .* exists and is not empty",
    r".*treespec.*",
    r".*torch\.jit\.script_method.*",
    # They are: they begin where the state tells.
    r"You're resuming from a checkpoint that ended before the epoch ended",
    r"GPU available but not used",
)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Lightning's notes on devices and its tips off the terminal, warnings and errors on it."""
    loggers = [
        logging.getLogger(f"{name}.utilities.rank_zero") for name in ("lightning.pytorch", "lightning.fabric")
    ]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        with warnings.catch_warnings():
            for message in _EXPECTED_WARNINGS:
                warnings.filterwarnings("ignore", message)
            yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


@contextmanager
def signals_restored() -> Iterator[None]:
    """Put the handler of Ctrl-C back, which Lightning takes away when it is used."""
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        if handler is not None and signal.getsignal(signal.SIGINT) is not handler:
            signal.signal(signal.SIGINT, handler)

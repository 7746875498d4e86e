"""What a reader of files from outside is to the fuzzing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .mutation import Mutation

#: Folder beside an input that readers which unpack or keep a journal may write into.
MADE = "made"


@dataclass(frozen=True)
class Reader:
    """One reader: makes a valid input at a path and names the file to change; then reads the input."""

    input: str
    make: Callable[[Path], Path]
    read: Callable[[Path], Any]
    mutations: list[Mutation]
    #: Share of the changes that know what the file means; the others change bytes.
    knowing: float = 0.7
    #: Whether all of the file is needed; what is not may be damaged without anybody noticing.
    needed: bool = True

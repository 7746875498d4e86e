"""Whether files that are to be compared hold the same kind of thing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from showerkit.errors import DataError, FileFormatError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def all_alike(
    paths: Sequence[Path | str], holds: Callable[[Path | str], bool], *, content: str, mend: str
) -> bool:
    """Whether files hold a kind of thing; they must be all alike.

    Parameters
    ----------
    paths
        The files.
    holds
        Tells whether one of them holds it.
    content
        What it is called.
    mend
        What to do if only some do.

    Returns
    -------
    bool
        True if all do, False if none does.

    Raises
    ------
    FileFormatError
        If some do and one is not there.
    DataError
        If some do and some do not.
    """
    kinds = [holds(path) for path in paths]
    if any(kinds) and not all(kinds):
        odd, one = Path(paths[kinds.index(False)]), Path(paths[kinds.index(True)])
        if not odd.exists():
            raise FileFormatError(f"{odd}", got="no such file", expected=f"a file of {content}")
        raise DataError(
            f"{odd}", got=f"no file of {content}", expected=f"one of {content}, since {one} is", mend=mend
        )
    return all(kinds)

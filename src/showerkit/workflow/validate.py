"""``showerkit validate``: every violation of the schema in a shower file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from showerkit.progress import Progress


def validate(path: Path | str, *, progress: Progress | None = None) -> list[str]:
    """Find everything that is wrong with a shower file or a folder of shards.

    Parameters
    ----------
    path
        A shower file or a folder of shards.
    progress
        Where to report progress.

    Returns
    -------
    list of str
        One line for every violation; empty for a valid file.

    Examples
    --------
    >>> validate("nowhere.h5")
    ['nowhere.h5: got no such file; expected a shower file or a folder of shards']
    """
    from showerkit.data.validation import violations

    return violations(path, progress=progress)

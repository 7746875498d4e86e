"""One process writes into a folder at a time; the system forgets its claim when it ends, however it ends."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from showerkit.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Name of the file that claims are made on; one that a killed process left claims nothing.
CLAIM_NAME: Final = ".writer"


def claim_folder(folder: Path) -> int | None:
    """Claim a folder for this process.

    A claim is a record lock on a small file in the folder, which lasts until the file is closed or the
    process ends, even if it is killed. Where a file system knows no such locks nothing is claimed.

    Parameters
    ----------
    folder
        The folder, which exists.

    Returns
    -------
    int or None
        The open file to close (`os.close`) when the work is done; None if nothing could be claimed.

    Raises
    ------
    DataError
        If another process has claimed the folder.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> os.close(claim_folder(Path(tempfile.mkdtemp())))
    """
    try:
        import fcntl
    except ImportError:
        return None
    try:
        claim = os.open(folder / CLAIM_NAME, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644)
    except OSError:
        # Whoever writes next tells why nothing can be written.
        return None
    try:
        fcntl.lockf(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as refused:
        os.close(claim)
        if refused.errno in (errno.EACCES, errno.EAGAIN):
            raise DataError(
                f"{folder}",
                got="another process that is writing into it",
                mend="wait until it ends, or choose another name",
            ) from None
        return None
    return claim


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Claim a folder, which is made if it is missing, while the block runs.

    Parameters
    ----------
    folder
        The folder.

    Raises
    ------
    DataError
        If another process has claimed it.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with only_writer(Path(tempfile.mkdtemp()) / "run"):
    ...     pass
    """
    # Whoever writes into it tells why that cannot be.
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    claim = claim_folder(folder)
    try:
        yield
    finally:
        if claim is not None:
            (folder / CLAIM_NAME).unlink(missing_ok=True)
            os.close(claim)

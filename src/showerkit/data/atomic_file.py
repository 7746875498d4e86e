"""Outputs appear whole or not at all: written beside the target, then renamed over it."""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from showerkit.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

_MORE_SPACE: Final = "free disk space or choose another folder"


def check_writable(path: Path | str, *, overwrite: bool) -> Path:
    """Say early, before hours of work, that an output cannot be written.

    Nothing is left behind: folders that are missing are made to see whether they can be, and removed.

    Parameters
    ----------
    path
        The output file.
    overwrite
        Whether an existing file may be replaced.

    Returns
    -------
    pathlib.Path
        The path.

    Raises
    ------
    DataError
        If the file exists and may not be replaced, or its folder cannot be made or written.
    """
    path = Path(path)
    if path.is_dir():
        raise DataError(f"{path}", got="a folder", expected="the name of a file to write")
    if path.exists() and not overwrite:
        raise DataError(f"{path} exists already", mend="choose another name, or replace it (--overwrite)")
    missing = [folder for folder in path.parents if not folder.exists()]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as failure:
        raise write_error(path, failure) from None
    writable = os.access(path.parent, os.W_OK)
    for folder in missing:
        # Another process may have put something into it meanwhile.
        with suppress(OSError):
            folder.rmdir()
    if not writable:
        raise DataError(f"{path.parent}", got="no permission to write", expected="a writable folder")
    return path


def write_error(path: Path, failure: Exception) -> DataError:
    """Turn a failure of writing (disk full, no permission) into one named error.

    Parameters
    ----------
    path
        The file that was being written.
    failure
        What the operating system or HDF5 said.

    Returns
    -------
    DataError
        The error to raise; the file itself has not been touched.
    """
    code = getattr(failure, "errno", None)
    reason = os.strerror(code) if code else " ".join(str(failure).split())
    # HDF5 wraps the system's message; a failed close says no reason of its own.
    for number in ("ENOSPC", "EDQUOT", "EFBIG", "EIO"):
        if os.strerror(getattr(errno, number)) in str(failure):
            reason = os.strerror(getattr(errno, number))
    if code in (errno.EEXIST, errno.ENOTDIR):
        return DataError(
            f"{path} could not be written",
            got=f"{getattr(failure, 'filename', None) or path.parent}, which is no folder",
            expected="a folder",
            mend="choose another name; no file was changed",
        )
    mend = "choose another folder" if code in (errno.EACCES, errno.EPERM, errno.EROFS) else _MORE_SPACE
    return DataError(
        f"{path} could not be written", got=reason, mend=f"{mend}, then run again; no file was changed"
    )


@contextmanager
def replacing(path: Path | str) -> Iterator[Path]:
    """Give a temporary path beside `path` that becomes `path` at a clean exit and vanishes otherwise.

    Parameters
    ----------
    path
        The output file; its folder is made if it is missing.

    Yields
    ------
    pathlib.Path
        The temporary file to write, in the same folder.

    Examples
    --------
    >>> import tempfile
    >>> target = Path(tempfile.mkdtemp()) / "metrics.json"
    >>> with replacing(target) as partial:
    ...     _ = partial.write_text("{}")
    >>> target.read_text()
    '{}'
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)

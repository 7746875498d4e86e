"""A file for HDF5 to write to that keeps a failure of the disk to itself.

HDF5 cannot close a file whose disk is full: it fails again at every attempt, up to a crash when the
program ends. This file notes the first failure and takes the rest in silence; whoever writes asks
`GuardedFile.check` after every portion.
"""

from __future__ import annotations

import io
import os
from pathlib import Path


class GuardedFile(io.RawIOBase):
    """A readable and writable binary file that notes the first failure of writing.

    Parameters
    ----------
    path
        The file to create.

    Raises
    ------
    OSError
        If it cannot be created.

    Examples
    --------
    >>> import tempfile
    >>> file = GuardedFile(Path(tempfile.mkdtemp()) / "a.h5")
    >>> file.write(b"kept")
    4
    >>> file.check()
    >>> file.close()
    """

    def __init__(self, path: Path | str) -> None:
        super().__init__()
        self._raw = io.FileIO(path, "w+")
        self.failure: OSError | None = None

    def check(self) -> None:
        """Raise the failure, if there was one."""
        if self.failure is not None:
            raise self.failure

    def sync(self) -> None:
        """Wait until the bytes are on the disk, and raise what failed."""
        self.check()
        os.fsync(self._raw.fileno())

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def writable(self) -> bool:
        """Say that it can be written."""
        return True

    def seekable(self) -> bool:
        """Say that any place can be reached."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place."""
        return self._raw.seek(offset, whence)

    def tell(self) -> int:
        """Give the present place."""
        return self._raw.tell()

    # The buffers are anything with the buffer protocol, which Python 3.11 has no name for.
    def readinto(self, buffer, /) -> int:  # type: ignore[no-untyped-def]
        """Read into a buffer."""
        return self._raw.readinto(buffer)

    def write(self, data, /) -> int:  # type: ignore[no-untyped-def]
        """Write all of the data, or note why not."""
        left = memoryview(data).cast("B")
        size = len(left)
        try:
            while left and self.failure is None:
                left = left[self._raw.write(left) :]
        except OSError as failure:
            self.failure = failure
        return size

    def truncate(self, size: int | None = None, /) -> int:
        """Cut or extend the file, or note why not."""
        try:
            if self.failure is None:
                return self._raw.truncate(size)
        except OSError as failure:
            self.failure = failure
        return self._raw.tell() if size is None else size

    def close(self) -> None:
        """Close the file."""
        self._raw.close()
        super().close()

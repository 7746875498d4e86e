"""``showerkit validate``: every violation of the schema in a file of showers or reconstructed energies."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from showerkit.progress import Progress


def validate(path: Path | str, *, progress: Progress | None = None) -> list[str]:
    """Find everything that is wrong with a shower file, a folder of shards or a file of energies.

    Parameters
    ----------
    path
        A shower file, a folder of shards, or a file of reconstructed energies.
    progress
        Where to report progress.

    Returns
    -------
    list of str
        One line for every violation; empty for a valid file.

    Raises
    ------
    FileFormatError
        If there is no such file, or the folder holds no HDF5 file.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> nonsense = Path(tempfile.mkdtemp()) / "a.h5"
    >>> _ = nonsense.write_bytes(b"nonsense")
    >>> len(validate(nonsense))
    1
    """
    from showerkit.data.energy_file import is_energy_file
    from showerkit.data.energy_validation import energy_violations
    from showerkit.data.validation import violations

    if is_energy_file(path):
        return energy_violations(path, progress=progress)
    return violations(path, progress=progress)

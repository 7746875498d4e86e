"""``showerkit validate``: every violation of the schema in a file of showers, jets, images or energies."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from showerkit.progress import Progress


def validate(path: Path | str, *, progress: Progress | None = None) -> list[str]:
    """Find everything that is wrong with a file of showers, jets, images or energies, or a folder of shards.

    Parameters
    ----------
    path
        A file of showers, of jets, of sparse images or of reconstructed energies, or a folder of shards of
        showers.
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
    from showerkit.data.calibrated_jet_file import calibrated_violations, is_calibrated_jet_file
    from showerkit.data.calibration_file import is_calibration_jet_file
    from showerkit.data.calibration_validation import calibration_violations
    from showerkit.data.energy_file import is_energy_file
    from showerkit.data.energy_validation import energy_violations
    from showerkit.data.image_file import image_violations, is_image_file
    from showerkit.data.jet_file import is_jet_file
    from showerkit.data.jet_validation import jet_violations
    from showerkit.data.validation import violations

    if is_energy_file(path):
        return energy_violations(path, progress=progress)
    if is_image_file(path):
        return image_violations(path)
    if is_jet_file(path):
        return jet_violations(path, progress=progress)
    if is_calibration_jet_file(path):
        return calibration_violations(path, progress=progress)
    if is_calibrated_jet_file(path):
        return calibrated_violations(path, progress=progress)
    return violations(path, progress=progress)

"""``showerkit reconstruct``: energies of showers, or of jets, by a trained model."""

from __future__ import annotations

import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from showerkit.errors import DataError
from showerkit.progress import SilentProgress

if TYPE_CHECKING:
    from showerkit.data.reconstructed import ReconstructedEnergies
    from showerkit.data.records import Showers
    from showerkit.progress import Progress
    from showerkit.reconstruct.energy_reconstructor import EnergyReconstructor
    from showerkit.reconstruct.jet_calibrator import JetCalibrator

#: Cells read at a time, which bounds the memory.
_CELLS_AT_ONCE: Final = 4_000_000


def reconstruct(
    model: Path | str | EnergyReconstructor | JetCalibrator,
    file: Path | str,
    output: Path | str,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Reconstruct the energies of a file's showers and write them to a file, with a timing file beside it.

    Of a file of matched jets the pT is calibrated, with standard errors and intervals.

    Parameters
    ----------
    model
        A run directory, a model file, a baseline's file or a shipped model's name; or the model itself.
    file
        A shower file or a folder of shards; or a file of matched jets.
    output
        The file of energies, or of calibrated jets, to write.
    overwrite
        Whether an existing file may be replaced.
    progress
        Where to report; showers or jets unlike those of the training are told there.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    CheckpointError
        If the model cannot be read, or is for showers where there are jets.
    ConfigurationError
        If it was trained on another detector.
    DataError
        If a file cannot be read or written, or the model gives other events than it was given.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> from showerkit.data.energy_file import EnergyFile
    >>> from showerkit.workflow.generate import generate
    >>> from showerkit.workflow.train import train
    >>> showers = generate("zdc-ecal-gan", folder / "showers.h5", n=400)
    >>> model = train("linear-total", showers, folder / "model", overrides={"model.quantity": "deposits"})
    >>> with EnergyFile(reconstruct(model, showers, folder / "energies.h5")) as energies:
    ...     len(energies)
    400
    """
    from showerkit.data.atomic_file import check_writable
    from showerkit.data.energy_file import EnergyFileMetadata, EnergyWriter
    from showerkit.data.shower_file import ShowerFile
    from showerkit.data.timing import write_timing
    from showerkit.reconstruct.jet_calibrator import JetCalibrator
    from showerkit.reconstruct.trained_range import UnfamiliarShowers, check_detector
    from showerkit.workflow.calibrate_jets import calibrate_jets

    progress = progress or SilentProgress()
    if isinstance(model, JetCalibrator) or (isinstance(model, Path | str) and _concerns_jets(model, file)):
        return calibrate_jets(model, file, output, overwrite=overwrite, progress=progress)
    check_writable(output, overwrite=overwrite)
    reconstructor = _loaded(model)
    description = reconstructor.describe()
    with ShowerFile(file) as showers:
        if len(showers) == 0:
            raise DataError(f"{file}", got="no showers", expected="at least one")
        check_detector(description, showers.detector, str(file))
        metadata = EnergyFileMetadata(
            detector=showers.detector,
            model=description,
            shower_fingerprint=showers.fingerprint(),
            shower_generator=showers.metadata.generator,
            shower_settings=showers.metadata.settings,
            physics_data=showers.metadata.physics_data,
            versions={name: version(name) for name in ("showerkit", "numpy")},
        )
        unfamiliar = UnfamiliarShowers(description)
        seconds, cpu_seconds = 0.0, 0.0
        with EnergyWriter(output, metadata, overwrite=overwrite) as writer:
            progress.start(f"reconstructing with {metadata.model_name}", len(showers), "showers")
            for batch in showers.iterate(max(1, _CELLS_AT_ONCE // showers.cells)):
                began, began_cpu = time.perf_counter(), time.process_time()
                energies = reconstructor.reconstruct(batch)
                seconds += time.perf_counter() - began
                cpu_seconds += time.process_time() - began_cpu
                _check_events(energies, batch, metadata.model_name)
                unfamiliar.add(batch.incident)
                writer.append(energies, batch.incident)
                progress.advance(len(batch))
        n_showers = len(showers)
    progress.finish()
    write_timing(
        output,
        generator=metadata.model_name,
        n_showers=n_showers,
        wall_s=seconds,
        cpu_s=cpu_seconds,
        workers=max(1, round(cpu_seconds / seconds)) if seconds > 0.0 else 1,
    )
    for line in unfamiliar.warnings():
        progress.note(f"warning: {line}")
    return Path(output)


def _concerns_jets(model: Path | str, file: Path | str) -> bool:
    """Whether the file or the model is one of jets; if only one is, the calibration of jets says so."""
    from showerkit.data.calibration_file import is_calibration_jet_file
    from showerkit.train.jet_energy_checkpoint import is_jet_energy_model
    from showerkit.train.model_store import resolve_model

    return is_calibration_jet_file(file) or is_jet_energy_model(resolve_model(model))


def _loaded(model: Path | str | EnergyReconstructor) -> EnergyReconstructor:
    if not isinstance(model, Path | str):
        return model
    from showerkit.reconstruct.energy_reconstructor import load_reconstructor

    return load_reconstructor(model)


def _check_events(energies: ReconstructedEnergies, batch: Showers, name: str) -> None:
    if len(energies) != len(batch) or (energies.event_id != batch.event_id).any():
        raise DataError(
            f"model '{name}'", got="other events than it was given", expected="one energy a shower"
        )

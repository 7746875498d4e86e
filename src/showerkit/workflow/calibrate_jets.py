"""Calibrate the jets of a file by a trained model."""

from __future__ import annotations

import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from showerkit.errors import CheckpointError, DataError

if TYPE_CHECKING:
    from showerkit.progress import Progress
    from showerkit.reconstruct.jet_calibrator import JetCalibrator

#: Jets read at a time, which bounds the memory.
_AT_ONCE: Final = 4096


def calibrate_jets(
    model: Path | str | JetCalibrator,
    file: Path | str,
    output: Path | str,
    *,
    overwrite: bool,
    progress: Progress,
) -> Path:
    """Calibrate the jets of a file of matched jets, with a timing file beside the result.

    The truth in the file is not looked at.

    Parameters
    ----------
    model
        A run directory, a model file or a shipped model's name; or the calibration itself.
    file
        A file of matched jets.
    output
        The file of calibrated jets to write, row by row those of `file`.
    overwrite
        Whether an existing file may be replaced.
    progress
        Where to report; jets unlike those of the training are told there.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    CheckpointError
        If the model cannot be read, or does not calibrate jets.
    DataError
        If a file cannot be read or written, or holds no jets.
    """
    from showerkit.data.atomic_file import check_writable
    from showerkit.data.calibrated_jet_file import CalibratedJetMetadata, CalibratedJetWriter
    from showerkit.data.calibration_file import CalibrationJetFile
    from showerkit.data.timing import write_timing
    from showerkit.reconstruct.unfamiliar_jets import UnfamiliarJets

    check_writable(output, overwrite=overwrite)
    with CalibrationJetFile(file) as jets:
        if len(jets) == 0:
            raise DataError(f"{file}", got="no jets", expected="at least one")
        calibrator = _loaded(model, file)
        description = calibrator.describe()
        metadata = CalibratedJetMetadata(
            model=description,
            jet_fingerprint=jets.fingerprint(),
            jet_generator=jets.metadata.generator,
            versions={name: version(name) for name in ("showerkit", "numpy")},
        )
        unfamiliar = UnfamiliarJets(description, jets.metadata.settings)
        seconds, cpu_seconds, n_jets = 0.0, 0.0, len(jets)
        with CalibratedJetWriter(output, metadata, overwrite=overwrite) as writer:
            progress.start(f"calibrating with {metadata.model_name}", n_jets, "jets")
            for batch in jets.iterate(_AT_ONCE):
                began, began_cpu = time.perf_counter(), time.process_time()
                calibrated = calibrator.calibrate(batch)
                seconds += time.perf_counter() - began
                cpu_seconds += time.process_time() - began_cpu
                unfamiliar.add(batch)
                writer.append(calibrated)
                progress.advance(len(batch))
    progress.finish()
    write_timing(
        output,
        generator=metadata.model_name,
        n_showers=n_jets,
        wall_s=seconds,
        cpu_s=cpu_seconds,
        workers=max(1, round(cpu_seconds / seconds)) if seconds > 0.0 else 1,
    )
    for line in unfamiliar.warnings():
        progress.note(f"warning: {line}")
    return Path(output)


def _loaded(model: Path | str | JetCalibrator, file: Path | str) -> JetCalibrator:
    """Load the model, and say what is missing if it is of another kind."""
    if not isinstance(model, Path | str):
        return model
    from showerkit.reconstruct.jet_calibrator import load_jet_calibrator
    from showerkit.train.jet_energy_checkpoint import is_jet_energy_model
    from showerkit.train.model_store import resolve_model

    found = resolve_model(model)
    if not is_jet_energy_model(found):
        raise CheckpointError(
            f"model '{model}'",
            got="a damaged model, or one that does not calibrate jets",
            expected=f"one that does, as {file} holds matched jets",
            mend="train one with 'showerkit train jet-energy-pfn'",
        )
    return load_jet_calibrator(found)

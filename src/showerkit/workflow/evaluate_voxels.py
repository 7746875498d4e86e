"""Judge showers on voxels, such as those of the CaloChallenge: metrics.json and report.html."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from showerkit.configuration import parse_config
from showerkit.errors import ConfigurationError, DataError
from showerkit.progress import SilentProgress
from showerkit.workflow.alike_files import all_alike
from showerkit.workflow.evaluate_command import EvaluateCommand
from showerkit.workflow.evaluation_files import EvaluationFiles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from showerkit.evaluate.voxels.settings import VoxelEvaluationConfig
    from showerkit.geometry.voxels import VoxelGeometry
    from showerkit.progress import Progress


def are_voxels(
    reference: Path | str,
    candidates: Sequence[Path | str],
    floor: Path | str | None = None,
    geometry: Path | str | None = None,
) -> bool:
    """Whether files are of showers on voxels, as those of the CaloChallenge; they must be all alike.

    A geometry says that they are.

    Raises
    ------
    FileFormatError
        If some are and one is not there.
    DataError
        If some are and some are not.
    """
    from showerkit.data.open_voxels import holds_voxels

    if geometry is not None:
        return True
    paths = [reference, *candidates, *([] if floor is None else [floor])]
    mend = "compare files of one kind, or give the voxels of all with --geometry"
    return all_alike(paths, holds_voxels, content="showers on voxels", mend=mend)


def evaluate_voxels(
    reference: Path | str,
    candidates: Sequence[Path | str],
    output: Path | str,
    *,
    geometry: Path | str | None = None,
    floor: Path | str | None = None,
    training: Path | str | None = None,
    settings: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
) -> Path:
    """Compare files of showers on voxels with a reference and write ``metrics.json`` and ``report.html``.

    Parameters
    ----------
    reference
        A file of the full simulation in the layout of the CaloChallenge or of Par04, or a folder of files.
    candidates
        The samples to judge, at least one.
    output
        The folder to write into; former results in it are replaced.
    geometry
        A shipped description of the voxels, a YAML file of that form, or a binning file of the CaloChallenge;
        None: the shipped one with as many voxels.
    floor
        A second sample of the simulation. Without it the reference is split into two halves.
    training
        The showers that the candidates' generator has learnt from, to see whether it copies them.
    settings
        See `VoxelEvaluationConfig`.
    progress
        Told how many showers are read; key figures are told there, too.

    Returns
    -------
    pathlib.Path
        The report.

    Raises
    ------
    ShowerkitError
        If a setting is out of range, a file is missing, damaged, given twice, of another geometry, or
        identical to the reference, or the output cannot be written.
    """
    from showerkit.evaluate.voxels.evaluation import evaluate_voxel_samples
    from showerkit.evaluate.voxels.settings import VoxelEvaluationConfig
    from showerkit.report.voxel_report import voxel_report
    from showerkit.report.voxel_tables import voxel_key_lines

    progress = progress or SilentProgress()
    config = parse_config(VoxelEvaluationConfig, dict(settings or {}), source="evaluate")
    if config.two_samples.held_out_theta_rad:
        raise ConfigurationError(
            "held-out angles of voxels",
            got="showers along the axis of their voxels",
            expected="held-out energies alone",
            mend="leave --held-out-theta out",
        )
    files = EvaluationFiles(output)
    voxels = _geometry(reference, geometry, progress)
    result = evaluate_voxel_samples(
        reference,
        candidates,
        voxels,
        config,
        floor=floor,
        training=training,
        command=_command(reference, candidates, geometry or voxels.name, floor, training, config).to(output),
        progress=progress,
    )
    files.write(result.to_json(), voxel_report(result))
    for line in voxel_key_lines(result):
        progress.note(line)
    for note in result.notes:
        progress.note(f"note: {note}")
    return files.report


def _geometry(reference: Path | str, name: Path | str | None, progress: Progress) -> VoxelGeometry:
    """The geometry asked for, or the shipped one with as many voxels, which is told."""
    from showerkit.data.open_voxels import open_voxels
    from showerkit.geometry.voxel_file import guess_voxel_geometry, load_voxel_geometry, voxel_geometry_names

    if name is not None:
        return load_voxel_geometry(name)
    with open_voxels(reference) as sample:
        voxels = sample.n_voxels
    found = guess_voxel_geometry(voxels)
    if found is None:
        raise DataError(
            f"{reference}",
            got=f"{voxels} voxels a shower, which no shipped geometry has",
            expected="one of " + ", ".join(voxel_geometry_names()),
            mend="describe the voxels in a YAML file and give it with --geometry",
        )
    progress.note(f"{voxels} voxels a shower: geometry {found.name} (another with --geometry)")
    return found


def _command(
    reference: Path | str,
    candidates: Sequence[Path | str],
    geometry: Path | str,
    floor: Path | str | None,
    training: Path | str | None,
    config: VoxelEvaluationConfig,
) -> EvaluateCommand:
    """The command that does the same."""
    usual = type(config)()
    command = EvaluateCommand(reference, candidates).path("--geometry", geometry)
    command.path("--floor", floor).path("--training", training)
    if config.threshold_mev is not None:
        command.add("--threshold", f"{config.threshold_mev:g}")
    command.changed(config, usual, {"--bootstrap": "bootstrap", "--seed": "seed"})
    command.held_out_energies(config.two_samples.held_out_mev)
    options = {"--classifier": "classifier", "--max-showers": "max_showers"}
    return command.changed(config.two_samples, usual.two_samples, options)

"""``showerkit simulate-calibration-jets``: true jets with what a detector saw of them, in one file."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from showerkit.progress import Progress, SilentProgress
from showerkit.simulate.jets.calibration_config import CalibrationJetConfig

if TYPE_CHECKING:
    from showerkit.data.calibration_schema import CalibrationFileMetadata
    from showerkit.simulate.cluster.settings import ClusterConfig


def simulate_calibration_jets(
    config: CalibrationJetConfig | None,
    output: Path | str,
    *,
    n: int,
    seed: int = 1,
    workers: int | None = None,
    cluster: ClusterConfig | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Simulate pairs of a jet of stable particles and the jet that a detector saw of it.

    The same settings and seed give the same file bit for bit, for any number of workers and after any
    interruption; fewer jets of the same seed are the first ones of more. Beside the output,
    ``<output>.timing.json`` says how long it took.

    Parameters
    ----------
    config
        All settings; None for dijets from 30 to 150 GeV without pile-up.
    output
        The file to write.
    n
        Number of jets.
    seed
        The seed, at least 0.
    workers
        Number of worker processes; by default the number of processors.
    cluster
        Simulate on a cluster by Dask instead of with `workers` on this machine.
    resume
        Whether to go on where an interrupted run of the same settings stopped, and to add the jets that a
        finished file of the same settings lacks.
    overwrite
        Whether to replace an existing file.
    progress
        Receives the progress, and how many candidates found no place.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    ConfigurationError
        If a setting is out of range.
    ClusterError
        If the cluster cannot be reached or its workers have other versions.
    MissingDependencyError
        If Pythia 8 or FastJet is not installed.
    DataError
        If the output exists or cannot be written.
    SimulationError
        If no jet passes the cuts, or workers die again and again over the same events.

    Examples
    --------
    >>> import tempfile
    >>> from showerkit.data.calibration_file import read_calibration_jets
    >>> path = simulate_calibration_jets(None, Path(tempfile.mkdtemp()) / "jets.h5", n=5, workers=1)
    >>> read_calibration_jets(path).candidates.shape
    (5, 100, 5)
    """
    from showerkit.data.calibration_file import CalibrationJetFile, CalibrationJetWriter
    from showerkit.data.calibration_jets import CalibrationJets
    from showerkit.simulate.jets.client import simulate_calibration_blocks
    from showerkit.workflow.jet_forms import JetForm
    from showerkit.workflow.jet_sample import SampleRequest, make_sample

    config = config or CalibrationJetConfig()
    progress = progress or SilentProgress()
    form = JetForm(
        CalibrationJets,
        CalibrationJetFile,
        CalibrationJetWriter,
        "make jet_abs_eta_max, matching_distance or hardest larger, or true_pt_gev wider",
    )
    path = make_sample(
        SampleRequest(Path(output), n, workers, resume, overwrite, cluster),
        calibration_metadata(config, seed),
        form,
        partial(simulate_calibration_blocks, config, seed),
        f"simulate jets ({config.process})",
        progress,
    )
    progress.note(_places(path))
    return path


def calibration_metadata(config: CalibrationJetConfig, seed: int) -> CalibrationFileMetadata:
    """What a file of simulated pairs says about itself, the detector's numbers too.

    Raises
    ------
    MissingDependencyError
        If Pythia 8 or FastJet is not installed.
    """
    from showerkit.data.calibration_schema import CalibrationFileMetadata
    from showerkit.simulate.jets.smearing import DETECTORS
    from showerkit.workflow.jet_forms import pythia_name, software_versions

    versions = software_versions()
    settings = config.model_dump(mode="json")
    if config.detector is not None:
        settings["smearing"] = DETECTORS[config.detector].model_dump(mode="json")
    return CalibrationFileMetadata(
        generator=pythia_name(versions),
        kind="pythia8",
        process=config.process,
        constituents=config.constituents,
        seed=seed,
        versions=versions,
        settings=settings,
    )


def _places(path: Path) -> str:
    """Say how many candidates found no place."""
    from showerkit.data.calibration_file import CalibrationJetFile

    with CalibrationJetFile(path) as file:
        seen, kept = file.candidate_numbers()
        most = file.metadata.constituents
    cut, jets = int((seen - kept).sum()), int((seen > kept).sum())
    return (
        f"{jets} of {len(seen)} jets have more than {most} candidates; "
        f"{cut} of {int(seen.sum())} candidates found no place"
    )

"""``showerkit simulate-jets``: a sample of jets from Pythia 8 and FastJet, in one file."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from showerkit.configuration import parse_config
from showerkit.progress import Progress, SilentProgress
from showerkit.simulate.jets.config import JetProcessConfig

if TYPE_CHECKING:
    from showerkit.data.jet_schema import JetFileMetadata
    from showerkit.simulate.cluster.settings import ClusterConfig


def simulate_jets(
    process: JetProcessConfig | str,
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
    """Simulate jets with Pythia 8 and FastJet and write them to one file.

    The same settings and seed give the same file bit for bit, for any number of workers and after any
    interruption; fewer jets of the same seed are the first ones of more. Beside the output,
    ``<output>.timing.json`` says how long it took.

    Parameters
    ----------
    process
        What starts the jets, by name or with all settings.
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
        Receives the progress.

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
    >>> from showerkit.data.jet_file import read_jets
    >>> path = simulate_jets("w", Path(tempfile.mkdtemp()) / "w.h5", n=5, workers=1)
    >>> read_jets(path).particles.shape
    (5, 30, 3)
    """
    from showerkit.data.jet_file import JetFile, JetWriter
    from showerkit.data.jet_records import Jets
    from showerkit.simulate.jets.client import simulate_blocks
    from showerkit.workflow.jet_forms import JetForm
    from showerkit.workflow.jet_sample import SampleRequest, make_sample

    if isinstance(process, str):
        process = parse_config(JetProcessConfig, {"process": process}, source="simulate-jets")
    form = JetForm(
        Jets,
        JetFile,
        JetWriter,
        "make jet_pt_gev, jet_abs_eta_max or matching_distance wider, or change parton_pt_gev",
    )
    request = SampleRequest(Path(output), n, workers, resume, overwrite, cluster)
    return make_sample(
        request,
        jet_metadata(process, seed),
        form,
        partial(simulate_blocks, process, seed),
        f"simulate jets ({process.process})",
        progress or SilentProgress(),
    )


def jet_metadata(config: JetProcessConfig, seed: int) -> JetFileMetadata:
    """What a file of simulated jets says about itself.

    Raises
    ------
    MissingDependencyError
        If Pythia 8 or FastJet is not installed.
    """
    from showerkit.data.jet_schema import JetFileMetadata
    from showerkit.workflow.jet_forms import pythia_name, software_versions

    versions = software_versions()
    return JetFileMetadata(
        generator=pythia_name(versions),
        kind="pythia8",
        process=config.process,
        constituents=config.constituents,
        seed=seed,
        versions=versions,
        settings=config.model_dump(mode="json"),
    )

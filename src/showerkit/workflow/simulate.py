"""Simulate a sample of showers with Geant4 into one file or a folder of shards."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from showerkit.errors import DataError
from showerkit.progress import Progress, SilentProgress
from showerkit.simulate.geant4.client import simulate_chunks
from showerkit.simulate.geant4.physics_data import find_physics_data
from showerkit.workflow.chunk_runners import check_workers, chunk_runner
from showerkit.workflow.fast_simulation import SampleModel, whole_chunks
from showerkit.workflow.simulation_plan import data_warning, file_metadata, geant4_settings, sample_plan

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from showerkit.data.chunk_layout import ChunkLayout
    from showerkit.data.chunks import ChunkStore
    from showerkit.data.records import IncidentParticles
    from showerkit.geometry import Calorimeter
    from showerkit.simulate.chunk_runner import ChunkRunner
    from showerkit.simulate.cluster.settings import ClusterConfig
    from showerkit.simulate.geant4.physics_data import PhysicsData
    from showerkit.simulate.geant4.settings import Geant4Settings
    from showerkit.simulate.primaries import PrimaryConfig
    from showerkit.workflow.incident_source import IncidentSource
    from showerkit.workflow.sample_assembly import SampleAssembly
    from showerkit.workflow.sample_output import KeptRows, SampleOutput


def simulate(
    detector: str | Path | Calorimeter,
    output: Path | str,
    *,
    n: int | None = None,
    primaries: PrimaryConfig | None = None,
    like: Path | str | None = None,
    seed: int | None = None,
    workers: int | None = None,
    cluster: ClusterConfig | None = None,
    cut_mm: float = 0.7,
    shard_size: int | None = None,
    fast_sim: Path | str | None = None,
    fast_sim_above_gev: float = 0.1,
    fast_sim_also: tuple[str, ...] = (),
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Simulate showers with Geant4 and write them to one file or a folder of shards.

    The same settings and seed give the same showers for any number of workers, any size of shards and
    after any interruption, and the same files bit for bit. Beside the output, ``<output>.timing.json``
    says how long it took and ``<output>.geant4.log`` what Geant4 printed.

    Parameters
    ----------
    detector
        A shipped detector's name, a YAML file, or a `Calorimeter`.
    output
        The file or folder to write.
    n
        Number of showers; with `like`, at most its number, which is the default.
    primaries
        Distributions of the incident particles; by default electrons, uniform from 0 to 20 GeV.
    like
        A file whose incident particles and event numbers are simulated again, with another seed.
    seed
        The seed, at least 0; by default 1, with `like` one more than that of the file.
    workers
        Number of worker processes; by default the number of processors.
    cluster
        Simulate on a cluster by Dask instead of with `workers` on this machine.
    cut_mm
        Range cut for the production of secondary particles, in mm.
    shard_size
        Most showers in a file; the output is then a folder of such files, to be read as one sample. By
        default all showers are in one file.
    fast_sim
        A model (run directory, model file or shipped name) that makes the showers of electrons, positrons and
        photons which enter through the front face within its valid range; all else stays with Geant4.
    fast_sim_above_gev
        Lowest kinetic energy of the particles that the model takes, in GeV.
    fast_sim_also
        Particles that the model takes though it never saw them, such as ``("e+",)`` for a model of electrons.
    resume
        Whether to go on where an interrupted run of the same settings stopped, and to add the showers
        that a finished sample of the same settings lacks.
    overwrite
        Whether to replace an existing file or folder.
    progress
        Receives the progress.

    Returns
    -------
    pathlib.Path
        The file or folder written.

    Raises
    ------
    ConfigurationError
        If settings contradict each other or ask for particles that cannot be simulated, or the model does
        not fit the detector.
    CheckpointError
        If the model cannot be read.
    ClusterError
        If the cluster cannot be reached or its workers have other versions.
    DataError
        If the output exists or cannot be written, or `like` is of another detector.
    SimulationError
        If workers die again and again over the same events.

    Examples
    --------
    >>> import tempfile
    >>> from showerkit.data.shower_file import read_showers
    >>> from showerkit.simulate.primaries import PrimaryConfig
    >>> path = Path(tempfile.mkdtemp()) / "showers.h5"
    >>> path = simulate("zdc-ecal", path, n=2, primaries=PrimaryConfig(energy_gev=0.1), workers=1)
    >>> read_showers(path).energy_mev.shape
    (2, 400)
    """
    from showerkit.data.chunk_layout import ChunkLayout
    from showerkit.data.chunks import ChunkStore
    from showerkit.data.unfinished_sample import tidy_partial
    from showerkit.geometry import Calorimeter, load_detector
    from showerkit.workflow.incident_source import incident_source
    from showerkit.workflow.sample_assembly import SampleAssembly
    from showerkit.workflow.sample_output import SampleOutput

    progress = progress or SilentProgress()
    check_workers(workers, cluster)
    target = SampleOutput(output, sharded=shard_size is not None)
    output = target.path
    goes_on = resume and target.exists()
    if not goes_on:
        target.check(overwrite=overwrite)
    calorimeter = detector if isinstance(detector, Calorimeter) else load_detector(detector)
    with ExitStack() as stack:
        source = incident_source(stack, calorimeter, n=n, primaries=primaries, like=like, seed=seed)
        model = None
        if fast_sim is not None:
            model = SampleModel(fast_sim, calorimeter, above_gev=fast_sim_above_gev, also=fast_sim_also)
        settings = geant4_settings(calorimeter, source, cut_mm, None if model is None else model.handover)
        data = find_physics_data(hadrons=bool(source.hadrons))
        if (warning := data_warning(source, data)) is not None:
            progress.note(warning)
        layout = ChunkLayout.of_sample(source.n, shard_size)
        plan = sample_plan(settings, source, layout, data.description, shard_size, model)
        kept = _kept(target, plan, layout, source, overwrite=overwrite) if goes_on else {}
        if sum(rows.rows for rows in kept.values()) == layout.n:
            kept_folder = tidy_partial(output, plan)
            progress.note(f"{output} is finished already")
            if kept_folder is not None:
                progress.note(kept_folder)
            return output
        runner = stack.enter_context(chunk_runner(workers, cluster, progress))
        store = ChunkStore(output, plan, resume=resume, overwrite=overwrite)
        assembly = SampleAssembly(
            layout,
            store,
            target,
            kept,
            lambda generator, kept, notes: file_metadata(generator, settings, plan, kept, notes),
            overwrite=overwrite,
        )
        timing = _fill(
            assembly,
            layout,
            store,
            settings,
            data,
            source,
            model,
            runner,
            progress,
        )
    target.publish(store, keep=bool(kept))
    _keep_logs(store, output)
    if timing is not None:
        from showerkit.data.timing import write_timing

        write_timing(output, **timing)
    store.remove()
    progress.finish()
    return output


def _kept(
    target: SampleOutput,
    plan: dict[str, Any],
    layout: ChunkLayout,
    source: IncidentSource,
    *,
    overwrite: bool,
) -> dict[int, KeptRows]:
    """Find out what of the sample is there; nothing, if what is there is another one to be replaced."""
    try:
        return target.kept(plan, layout, source)
    except DataError:
        if not overwrite:
            raise
        target.check(overwrite=True)
        return {}


def _fill(
    assembly: SampleAssembly,
    layout: ChunkLayout,
    store: ChunkStore,
    settings: Geant4Settings,
    data: PhysicsData,
    source: IncidentSource,
    model: SampleModel | None,
    runner: ChunkRunner,
    progress: Progress,
) -> dict[str, Any] | None:
    """Simulate what is missing; return what the timing needs, None if nothing was."""
    missing = assembly.missing
    rows = (assembly.rows_to_simulate(chunk) for chunk in missing)
    simulated = sum(stop - start for start, stop in rows)
    progress.start(f"simulate {settings.detector.name}", layout.n, "showers")
    progress.advance(layout.n - simulated)
    assembly.write_finished()
    if not missing:
        return None

    def particles(chunk: int) -> tuple[IncidentParticles, NDArray[np.int64]]:
        return source.read(*assembly.rows_to_simulate(chunk))

    started, started_cpu = time.perf_counter(), time.process_time()
    in_workers_s = 0.0
    chunks = simulate_chunks(
        settings,
        data.environment,
        missing,
        particles,
        runner=runner,
        log_dir=store.folder,
        data_description=data.description,
        note=progress.note,
    )
    with closing(chunks):
        for finished in whole_chunks(chunks, model, settings.seed):
            assembly.add(finished.chunk, finished.showers, finished.version, finished.notes)
            in_workers_s += finished.cpu_s
            progress.advance(len(finished.showers))
    if model is not None:
        progress.note(model.summary())
    return {
        "generator": assembly.generator,
        "n_showers": simulated,
        "wall_s": time.perf_counter() - started,
        # The events' own time and that of drawing and writing them, without Geant4's start.
        "cpu_s": in_workers_s + time.process_time() - started_cpu,
        "workers": min(runner.workers, len(missing)),
    }


def _keep_logs(store: ChunkStore, output: Path) -> None:
    """Join what Geant4 printed into one log beside the output."""
    logs = sorted(store.folder.glob("geant4-worker-*.log"))
    if not logs:
        return
    try:
        with Path(f"{output}.geant4.log").open("wb") as joined:
            joined.writelines(log.read_bytes() for log in logs)
    except OSError as failure:
        raise DataError(f"{output}.geant4.log could not be written", got=failure.strerror) from None

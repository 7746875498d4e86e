"""Simulate a sample of showers with Geant4 into one file."""

from __future__ import annotations

import time
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from showerkit.configuration import parse_config
from showerkit.errors import ConfigurationError, DataError, SimulationError
from showerkit.progress import Progress, SilentProgress
from showerkit.simulate.geant4.client import simulate_chunks
from showerkit.simulate.geant4.physics_data import find_physics_data
from showerkit.simulate.geant4.physics_list import ELECTROMAGNETIC, HADRONIC
from showerkit.simulate.geant4.process import default_workers
from showerkit.simulate.geant4.settings import Geant4Settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from showerkit.data.chunks import ChunkStore
    from showerkit.data.records import IncidentParticles
    from showerkit.geometry import Calorimeter
    from showerkit.simulate.geant4.physics_data import PhysicsData
    from showerkit.simulate.primaries import PrimaryConfig
    from showerkit.workflow.incident_source import IncidentSource


def simulate(
    detector: str | Path | Calorimeter,
    output: Path | str,
    *,
    n: int | None = None,
    primaries: PrimaryConfig | None = None,
    like: Path | str | None = None,
    seed: int | None = None,
    workers: int | None = None,
    cut_mm: float = 0.7,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Simulate showers with Geant4 and write them to one file.

    The same settings and seed give the same file, bit for bit, for any number of workers and after
    any interruption. Beside it, ``<output>.timing.json`` says how long it took and
    ``<output>.geant4.log`` what Geant4 printed.

    Parameters
    ----------
    detector
        A shipped detector's name, a YAML file, or a `Calorimeter`.
    output
        The file to write.
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
    cut_mm
        Range cut for the production of secondary particles, in mm.
    resume
        Whether to go on where an interrupted run of the same settings stopped.
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
        If settings contradict each other or ask for particles that cannot be simulated.
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
    from showerkit.data.atomic_file import check_writable
    from showerkit.data.chunks import ChunkStore, remove_partial
    from showerkit.data.shower_file import ShowerFile
    from showerkit.geometry import Calorimeter, load_detector
    from showerkit.workflow.incident_source import drawn_particles, particles_like

    progress = progress or SilentProgress()
    if workers is not None and workers < 1:
        raise ConfigurationError("the number of workers", got=workers, expected="at least 1")
    output = Path(output)
    goes_on = resume and output.is_file()
    if not goes_on:
        check_writable(output, overwrite=overwrite)
    calorimeter = detector if isinstance(detector, Calorimeter) else load_detector(detector)
    with ExitStack() as stack:
        if like is None:
            source = drawn_particles(primaries, calorimeter, n, seed)
        elif primaries is not None:
            raise ConfigurationError("distributions of particles together with like", mend="give one of them")
        else:
            source = particles_like(stack.enter_context(ShowerFile(like)), calorimeter, n, seed)
        settings = parse_config(
            Geant4Settings,
            {
                "detector": calorimeter,
                "cut_mm": cut_mm,
                "seed": source.seed,
                "hadronic": bool(source.hadrons),
            },
            source="simulate",
        )
        data = find_physics_data()
        _check_hadrons(source, data)
        plan = _plan(settings, source, data.description)
        if goes_on and _is_finished(output, plan):
            remove_partial(output)
            progress.note(f"{output} is finished already")
            return output
        check_writable(output, overwrite=overwrite)
        store = ChunkStore(output, plan, resume=resume, overwrite=overwrite)
        timing = _fill(store, settings, data.environment, source, workers or default_workers(), progress)
    generator = _merge(store, plan, settings, output, overwrite=overwrite)
    _keep_logs(store, output)
    if timing is not None:
        from showerkit.data.timing import write_timing

        write_timing(output, generator=generator, **timing)
    store.remove()
    progress.finish()
    return output


def events_per_chunk(n: int) -> int:
    """Number of events in a chunk: small enough that little is lost and all workers stay busy.

    Examples
    --------
    >>> events_per_chunk(1000), events_per_chunk(100_000)
    (15, 256)
    """
    return max(1, min(256, n // 64), n // 8192)


def _check_hadrons(source: IncidentSource, data: PhysicsData) -> None:
    """Refuse hadrons where the data for them are not there."""
    if source.hadrons and not data.supports_hadrons:
        raise ConfigurationError(
            f"particle '{source.hadrons[0]}'",
            got=f"a hadron, with {data.description}",
            expected="e-, e+, gamma, mu- or mu+, which these data suffice for",
            mend="install Geant4's official data and set G4LEDATA, G4PARTICLEXSDATA, G4LEVELGAMMADATA "
            "and G4ENSDFSTATEDATA, or GEANT4_DATA_DIR",
        )


def _plan(settings: Geant4Settings, source: IncidentSource, physics_data: str) -> dict[str, Any]:
    """Everything that decides the file's contents."""
    return {
        "n": source.n,
        "events_per_chunk": events_per_chunk(source.n),
        "seed": settings.seed,
        "cut_mm": settings.cut_mm,
        "physics_list": HADRONIC if settings.hadronic else ELECTROMAGNETIC,
        "primaries": None if source.primaries is None else source.primaries.model_dump(mode="json"),
        "like": source.like,
        "physics_data": physics_data,
        "versions": {name: version(name) for name in ("showerkit", "geant4-pybind", "numpy")},
        "detector": settings.detector.model_dump(mode="json"),
    }


def _fill(
    store: ChunkStore,
    settings: Geant4Settings,
    environment: dict[str, str],
    source: IncidentSource,
    workers: int,
    progress: Progress,
) -> dict[str, Any] | None:
    """Simulate the chunks that the store lacks; return what the timing needs, None if none was lacking."""
    per_chunk = events_per_chunk(source.n)
    n_chunks = -(-source.n // per_chunk)
    missing = sorted(set(range(n_chunks)) - store.finished())
    sizes = {chunk: min(per_chunk, source.n - chunk * per_chunk) for chunk in missing}
    simulated = sum(sizes.values())
    progress.start(f"simulate {settings.detector.name}", source.n, "showers")
    progress.advance(source.n - simulated)
    if not missing:
        return None

    def particles(chunk: int) -> tuple[IncidentParticles, NDArray[np.int64]]:
        start = chunk * per_chunk
        return source.read(start, start + sizes[chunk])

    started, started_cpu = time.perf_counter(), time.process_time()
    in_workers_s = 0.0
    for finished in simulate_chunks(
        settings,
        environment,
        missing,
        particles,
        workers=workers,
        log_dir=store.folder,
        note=progress.note,
    ):
        store.write(finished.chunk, finished.showers, geant4=finished.geant4_version)
        in_workers_s += finished.cpu_s
        progress.advance(len(finished.showers))
    return {
        "n_showers": simulated,
        "wall_s": time.perf_counter() - started,
        # The events' own time and that of drawing and keeping them, without Geant4's start.
        "cpu_s": in_workers_s + time.process_time() - started_cpu,
        "workers": min(workers, len(missing)),
    }


def _is_finished(output: Path, plan: dict[str, Any]) -> bool:
    """Whether a file is the sample that the plan describes."""
    from showerkit.data.shower_file import ShowerFile

    with ShowerFile(output) as file:
        made = file.metadata
        return (
            len(file) == plan["n"]
            and made.kind == "geant4"
            and made.seed == plan["seed"]
            and made.detector.model_dump(mode="json") == plan["detector"]
            and made.physics_data == plan["physics_data"]
            and made.versions == plan["versions"]
            and made.settings == _reported(plan)
        )


def _reported(plan: dict[str, Any]) -> dict[str, Any]:
    """The settings that the file itself reports."""
    return {key: plan[key] for key in ("primaries", "like", "cut_mm", "physics_list")}


def _merge(
    store: ChunkStore, plan: dict[str, Any], settings: Geant4Settings, output: Path, *, overwrite: bool
) -> str:
    """Write the chunks in order into the output, one at a time in memory; return the generator's name."""
    from showerkit.data.schema import FileMetadata
    from showerkit.data.shower_writer import ShowerWriter

    geant4 = store.read(0)[1]["geant4"]
    metadata = FileMetadata(
        generator=f"Geant4 {geant4}",
        kind="geant4",
        detector=settings.detector,
        seed=settings.seed,
        versions=plan["versions"],
        physics_data=plan["physics_data"],
        settings=_reported(plan),
    )
    with ShowerWriter(output, metadata, overwrite=overwrite) as writer:
        for chunk in range(-(-plan["n"] // plan["events_per_chunk"])):
            showers, notes = store.read(chunk)
            if notes["geant4"] != geant4:
                raise SimulationError(
                    f"chunk {chunk} of {store.folder} was made with another Geant4",
                    got=notes["geant4"],
                    expected=geant4,
                    mend="start again with --overwrite",
                )
            writer.append(showers)
    return metadata.generator


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

"""Simulate a sample of showers with Geant4 into one file."""

from __future__ import annotations

import time
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.errors import ConfigurationError, DataError, SimulationError
from showerkit.progress import Progress, SilentProgress
from showerkit.simulate.geant4.client import simulate_chunks
from showerkit.simulate.geant4.physics_data import PhysicsData, find_physics_data
from showerkit.simulate.geant4.physics_list import ELECTROMAGNETIC
from showerkit.simulate.geant4.process import default_workers
from showerkit.simulate.geant4.settings import Geant4Settings
from showerkit.simulate.particles import hadrons_among, particle_named
from showerkit.simulate.primaries import PrimaryConfig

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from showerkit.data.chunks import ChunkStore
    from showerkit.data.records import IncidentParticles
    from showerkit.data.shower_file import ShowerFile
    from showerkit.geometry import Calorimeter


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
    any interruption.

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
    >>> simulate("zdc-ecal", "showers.h5", n=1000, seed=7)  # doctest: +SKIP
    PosixPath('showers.h5')
    """
    from showerkit.data.atomic_file import check_writable
    from showerkit.data.chunks import ChunkStore
    from showerkit.data.shower_file import ShowerFile

    progress = progress or SilentProgress()
    output = check_writable(output, overwrite=overwrite)
    calorimeter = _calorimeter(detector)
    with ExitStack() as stack:
        source = None if like is None else stack.enter_context(ShowerFile(like))
        seed = _chosen_seed(seed, source)
        settings = _settings(calorimeter, cut_mm, seed)
        primaries, total, particles_of = _incident_source(calorimeter, n, primaries, source, seed, like)
        data = find_physics_data()
        chunk_size = events_per_chunk(total)
        plan = _plan(settings, primaries, source, data, total, chunk_size)
        store = ChunkStore(output, plan, resume=resume, overwrite=overwrite)
        n_chunks = -(-total // chunk_size)
        missing = sorted(set(range(n_chunks)) - store.finished())
        workers = default_workers() if workers is None else workers

        def chunk_particles(chunk: int) -> tuple[IncidentParticles, NDArray[np.int64]]:
            return particles_of(chunk * chunk_size, min((chunk + 1) * chunk_size, total))

        progress.start(f"simulate {calorimeter.name}", total, "showers")
        done = total - sum(min((c + 1) * chunk_size, total) - c * chunk_size for c in missing)
        progress.advance(done)
        started = time.perf_counter()
        for finished in simulate_chunks(
            settings,
            data.environment,
            missing,
            chunk_particles,
            workers=workers,
            log_dir=store.folder,
            note=progress.note,
        ):
            store.write(finished.chunk, finished.showers, geant4=finished.geant4_version)
            progress.advance(len(finished.showers))
        wall_s = time.perf_counter() - started
        _merge(store, n_chunks, output, plan, settings, data, overwrite=overwrite)
    _keep_logs(store, output)
    if missing:
        _write_timing(output, total - done, wall_s, min(workers, len(missing)))
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


def _calorimeter(detector: str | Path | Calorimeter) -> Calorimeter:
    from showerkit.geometry import Calorimeter, load_detector

    return detector if isinstance(detector, Calorimeter) else load_detector(detector)


def _settings(detector: Calorimeter, cut_mm: float, seed: int) -> Geant4Settings:
    from showerkit.configuration import parse_config

    return parse_config(
        Geant4Settings, {"detector": detector, "cut_mm": cut_mm, "seed": seed}, source="simulate"
    )


def _chosen_seed(seed: int | None, source: ShowerFile | None) -> int:
    """Choose the seed; samples of the same particles need different ones."""
    if source is None:
        return 1 if seed is None else seed
    of_file = source.metadata.seed
    if seed is None:
        return of_file + 1
    if seed == of_file and source.metadata.kind == "geant4":
        raise ConfigurationError(
            "seed",
            got=f"{seed}, with which the showers of --like were made",
            expected="another one, or the showers come out the same",
            mend="leave --seed out",
        )
    return seed


def _incident_source(
    calorimeter: Calorimeter,
    n: int | None,
    primaries: PrimaryConfig | None,
    source: ShowerFile | None,
    seed: int,
    like: Path | str | None,
) -> tuple[PrimaryConfig | None, int, Callable[[int, int], tuple[IncidentParticles, NDArray[np.int64]]]]:
    """Decide where incident particles come from: drawn, or read from another file."""
    if n is not None and n < 1:
        raise ConfigurationError("number of showers", got=n, expected="at least 1")
    if source is None:
        if n is None:
            raise ConfigurationError("number of showers is missing", mend="give -n")
        chosen = primaries or PrimaryConfig()
        _refuse_hadrons([name for name in chosen.particles if particle_named(name).is_hadron])

        def drawn(start: int, stop: int) -> tuple[IncidentParticles, NDArray[np.int64]]:
            ids = np.arange(start, stop, dtype=np.int64)
            return chosen.sample(seed, ids, calorimeter), ids

        return chosen, n, drawn
    if primaries is not None:
        raise ConfigurationError(
            "primaries given together with --like", mend="leave them out: the file has its own"
        )
    if source.detector != calorimeter:
        raise DataError(
            f"{like} is of another detector",
            got=source.detector.name,
            expected=f"{calorimeter.name} with the same settings",
        )
    total = len(source) if n is None else n
    if total > len(source) or total == 0:
        raise ConfigurationError("number of showers", got=total, expected=f"1 to {len(source)}, as in {like}")
    file = source

    def read(start: int, stop: int) -> tuple[IncidentParticles, NDArray[np.int64]]:
        incident, ids = file.read_incident(start, stop)
        _refuse_hadrons(hadrons_among(incident.pdg))
        return incident, ids

    return None, total, _one_at_a_time(read)


def _one_at_a_time(read: Callable[[int, int], Any]) -> Callable[[int, int], Any]:
    """Guard a reader that threads share."""
    from threading import Lock

    lock = Lock()

    def guarded(start: int, stop: int) -> Any:
        with lock:
            return read(start, stop)

    return guarded


def _refuse_hadrons(names: list[str]) -> None:
    if names:
        raise ConfigurationError(
            f"particle '{names[0]}'",
            got="a hadron",
            expected="e-, e+, gamma, mu- or mu+: the physics list has electromagnetic processes only",
        )


def _plan(
    settings: Geant4Settings,
    primaries: PrimaryConfig | None,
    source: ShowerFile | None,
    data: PhysicsData,
    total: int,
    chunk_size: int,
) -> dict[str, Any]:
    """Everything that decides the file's contents."""
    return {
        "n": total,
        "chunk_size": chunk_size,
        "seed": settings.seed,
        "cut_mm": settings.cut_mm,
        "physics_list": ELECTROMAGNETIC,
        "primaries": None if primaries is None else primaries.model_dump(mode="json"),
        "like": None if source is None else source.fingerprint(),
        "physics_data": data.description,
        "versions": {name: version(name) for name in ("showerkit", "geant4-pybind", "numpy")},
        "detector": settings.detector.model_dump(mode="json"),
    }


def _merge(
    store: ChunkStore,
    n_chunks: int,
    output: Path,
    plan: dict[str, Any],
    settings: Geant4Settings,
    data: PhysicsData,
    *,
    overwrite: bool,
) -> None:
    """Write the chunks in order into the output, one at a time in memory."""
    from showerkit.data.schema import FileMetadata
    from showerkit.data.shower_writer import ShowerWriter

    showers, notes = store.read(0)
    metadata = FileMetadata(
        generator=f"Geant4 {notes['geant4']}",
        kind="geant4",
        detector=settings.detector,
        seed=settings.seed,
        versions=plan["versions"],
        physics_data=data.description,
        settings={key: plan[key] for key in ("primaries", "like", "cut_mm", "physics_list")},
    )
    with ShowerWriter(output, metadata, overwrite=overwrite) as writer:
        for chunk in range(n_chunks):
            showers, found = store.read(chunk)
            if found["geant4"] != notes["geant4"]:
                raise SimulationError(
                    f"chunk {chunk} was made with another Geant4",
                    got=found["geant4"],
                    expected=notes["geant4"],
                    mend="start again with --overwrite",
                )
            writer.append(showers)


def _keep_logs(store: ChunkStore, output: Path) -> None:
    """Join what Geant4 printed into one log beside the output."""
    logs = sorted(store.folder.glob("geant4-worker-*.log"))
    if logs:
        with Path(f"{output}.geant4.log").open("wb") as joined:
            joined.writelines(log.read_bytes() for log in logs)


def _write_timing(output: Path, n_showers: int, wall_s: float, workers: int) -> None:
    from showerkit.data.shower_file import ShowerFile
    from showerkit.data.timing import write_timing

    with ShowerFile(output) as file:
        generator = file.metadata.generator
    write_timing(output, generator=generator, n_showers=n_showers, wall_s=wall_s, workers=workers)

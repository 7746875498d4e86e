"""What a simulated shower costs in core time and disk: measured on a small pilot, or on a sample there is."""

from __future__ import annotations

import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.data.chunks import ChunkStore
from showerkit.data.records import Showers, concatenate
from showerkit.data.schema import FileMetadata, events_per_chunk
from showerkit.data.shower_file import ShowerFile
from showerkit.data.shower_writer import ShowerWriter
from showerkit.data.timing import machine_name, read_timing, timing_path
from showerkit.errors import DataError
from showerkit.simulate.geant4.client import simulate_chunks
from showerkit.simulate.worker_pool import LocalWorkers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.data.records import IncidentParticles
    from showerkit.progress import Progress
    from showerkit.simulate.geant4.settings import Geant4Settings
    from showerkit.workflow.incident_source import IncidentSource

#: Numbers of events after which a pilot may end; otherwise it fills a compressed chunk of a file ...
SHORT_PILOTS: Final = (16, 48)
#: ... as far as that takes no longer than this.
LONGEST_PILOT_S: Final = 10.0
_CANDIDATES_AN_EVENT: Final = 16
_MOST_READ: Final = 256


@dataclass(frozen=True)
class ProductionRate:
    """What one shower costs.

    Parameters
    ----------
    core_ms
        Core time in ms.
    core_ms_error
        Its statistical error, or None where it is not known.
    disk_bytes
        Size in the compressed files.
    disk_bytes_error
        Its statistical error, or None where it is not known.
    chunk_bytes
        Size in the chunks that are kept until a file is whole.
    showers
        Number of showers it was measured on.
    basis
        What it was measured on, in words.
    machine
        The processor it was measured on.
    """

    core_ms: float
    core_ms_error: float | None
    disk_bytes: float
    disk_bytes_error: float | None
    chunk_bytes: float
    showers: int
    basis: str
    machine: str


def pilot_rate(
    source: IncidentSource, settings: Geant4Settings, environment: dict[str, str], progress: Progress
) -> ProductionRate:
    """Simulate some events spread evenly over the energies asked for, on one worker.

    The particles are ordered by energy and divided into groups of equal size, of which the middle ones are
    simulated. With t_k the time of the k-th of P, the error of their mean is that of collapsed strata,
    sqrt(sum over pairs of neighbours (t_2k - t_2k+1)^2) / P.

    Parameters
    ----------
    source
        The incident particles of the production.
    settings
        Geant4's settings.
    environment
        Variables that name Geant4's data.
    progress
        Receives the progress.

    Returns
    -------
    ProductionRate
        What one shower costs.

    Raises
    ------
    SimulationError
        If Geant4 does not start or dies.
    """
    at_once = events_per_chunk(settings.detector.n_cells)
    incident, ids = _spread(source, min(max(at_once, SHORT_PILOTS[-1]), _MOST_READ))
    # First a few events over all energies, then, if they are fast, those between them. Before all, one event
    # that warms Geant4 up and does not count.
    passes = [_middles(len(ids), n) for n in (*SHORT_PILOTS, len(ids))]
    chosen = list(dict.fromkeys(number for one in passes for number in one))
    order = [chosen[0], *chosen]
    done: dict[int, Showers] = {}
    seconds: dict[int, float] = {}

    def particles(chunk: int) -> tuple[IncidentParticles, NDArray[np.int64]]:
        one = slice(order[chunk], order[chunk] + 1)
        return incident[one], ids[one]

    progress.start("pilot", len(ids), "showers")
    with tempfile.TemporaryDirectory(prefix="showerkit-pilot-") as name:
        folder = Path(name)
        chunks = simulate_chunks(
            settings,
            environment,
            range(len(order)),
            particles,
            runner=LocalWorkers(1),
            log_dir=folder,
            note=progress.note,
        )
        with closing(chunks):
            for finished in chunks:
                if finished.chunk == 0:
                    continue
                done[order[finished.chunk]] = finished.showers
                seconds[order[finished.chunk]] = finished.cpu_s
                progress.advance(1)
                following = next((n for n in (*SHORT_PILOTS, len(ids)) if n > len(seconds)), 0)
                mean_s = sum(seconds.values()) / len(seconds)
                if len(seconds) in SHORT_PILOTS and mean_s * following > LONGEST_PILOT_S:
                    break
        showers = concatenate([done[number] for number in sorted(done)])
        metadata = FileMetadata(
            generator="pilot", kind="geant4", detector=settings.detector, seed=source.seed
        )
        began = time.process_time()
        disk_bytes, chunk_bytes = _written(showers, metadata, folder)
        writing_s = time.process_time() - began
    progress.finish()
    n = len(showers)
    times = np.array([seconds[number] for number in sorted(seconds)])
    hits = (showers.energy_mev > 0).sum(axis=1).astype(np.float64)
    short = (
        "; its size is an upper limit, as it fills no chunk of a file" if n < min(at_once, _MOST_READ) else ""
    )
    return ProductionRate(
        core_ms=1000.0 * (float(times.mean()) + writing_s / n),
        core_ms_error=1000.0 * _error_of_mean(times),
        disk_bytes=disk_bytes,
        # What a shower takes on disk is nearly proportional to its number of hits.
        disk_bytes_error=disk_bytes * _error_of_mean(hits) / max(float(hits.mean()), 1.0),
        chunk_bytes=chunk_bytes,
        showers=n,
        basis=f"a pilot of {n} showers spread over the energies, on one core{short}",
        machine=machine_name(),
    )


def sample_rate(path: Path | str, source: IncidentSource, settings: Geant4Settings) -> ProductionRate:
    """Take what a shower costs from a sample of the same detector and particles, and its timing file.

    Parameters
    ----------
    path
        A file or folder that was simulated, with its timing file beside it.
    source
        The incident particles of the production.
    settings
        Geant4's settings.

    Returns
    -------
    ProductionRate
        What one shower costs.

    Raises
    ------
    DataError
        If the sample is of another detector, other particles or a model, or has no timing file.
    """
    timing = read_timing(path)
    if timing is None:
        raise DataError(f"{timing_path(path)}", got="no such file", expected="how long the sample took")
    with ShowerFile(path) as file:
        made = file.metadata
        asked = None if source.primaries is None else source.primaries.model_dump(mode="json")
        same_particles = made.settings.get("primaries") == asked
        if source.like is not None:
            same_particles = source.like in (made.settings.get("like"), file.fingerprint())
        for same, what in (
            (made.kind == "geant4", "not simulated with Geant4"),
            (made.detector == settings.detector, "of another detector"),
            (made.settings.get("cut_mm") == settings.cut_mm, "simulated with another range cut"),
            (same_particles, "of other incident particles"),
        ):
            if not same:
                raise DataError(
                    f"{path} is {what}",
                    expected="a sample like the one that is planned",
                    mend="give another one, or leave it out for a pilot",
                )
        disk_bytes = sum(shard.stat().st_size for shard in file.paths) / max(len(file), 1)
        showers = file.read(0, min(len(file), _MOST_READ))
    with tempfile.TemporaryDirectory(prefix="showerkit-pilot-") as name:
        _, chunk_bytes = _written(showers, made, Path(name))
    by_the_clock = "" if timing.cpu_s is not None else ", by the clock, with what else the machine did"
    return ProductionRate(
        core_ms=timing.ms_per_shower,
        core_ms_error=None,
        disk_bytes=disk_bytes,
        disk_bytes_error=None,
        chunk_bytes=chunk_bytes,
        showers=timing.n_showers,
        basis=f"{timing.n_showers:,} showers of {path} and its timing file{by_the_clock}",
        machine=timing.machine,
    )


def _spread(source: IncidentSource, n: int) -> tuple[IncidentParticles, NDArray[np.int64]]:
    """Choose n particles in the order of their energies, the middle one of each of n groups of equal size."""
    candidates = n * _CANDIDATES_AN_EVENT
    if source.primaries is None:
        candidates = min(candidates, source.n)
    incident, ids = source.read(0, candidates)
    order = np.argsort(incident.energy_mev, kind="stable")
    chosen = order[_middles(candidates, n)]
    return incident[chosen], ids[chosen]


def _middles(total: int, n: int) -> list[int]:
    """Middle numbers of n groups of equal size of 0 to total; those for n are among those for 3 n."""
    n = min(n, total)
    return [(2 * number + 1) * total // (2 * n) for number in range(n)]


def _error_of_mean(values: NDArray[np.float64]) -> float:
    """Error of the mean of values from neighbouring strata, by pairs of them."""
    n = len(values)
    if n < 2:
        return float("nan")
    even = n - n % 2
    differences = values[0:even:2] - values[1:even:2]
    return float(np.sqrt(np.square(differences).sum()) / even)


def _written(showers: Showers, metadata: FileMetadata, folder: Path) -> tuple[float, float]:
    """Write showers as a production does; return the bytes a shower in the file and in a chunk."""
    import h5py

    store = ChunkStore(folder / "pilot.h5", {})
    store.write(0, showers, geant4="")
    chunk_bytes = sum(path.stat().st_size for path in store.folder.glob("*.npz"))
    with ShowerWriter(folder / "pilot.h5", metadata) as writer:
        writer.append(store.read(0)[0])
    # What describes the sample is in the file once, whatever the number of showers.
    with h5py.File(folder / "pilot.h5", "r") as file:
        stored = sum(dataset.id.get_storage_size() for dataset in file.values())
    return stored / len(showers), chunk_bytes / len(showers)

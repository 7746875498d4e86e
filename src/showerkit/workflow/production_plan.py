"""What a production of showers would take, in time and disk, without making it."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from showerkit.data.chunk_layout import ChunkLayout
from showerkit.errors import ConfigurationError
from showerkit.progress import SilentProgress
from showerkit.simulate.geant4.physics_data import find_physics_data
from showerkit.workflow.chunk_runners import check_workers, cores_of
from showerkit.workflow.simulation_plan import geant4_settings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from showerkit.geometry import Calorimeter
    from showerkit.progress import Progress
    from showerkit.simulate.cluster.settings import ClusterConfig
    from showerkit.simulate.primaries import PrimaryConfig
    from showerkit.workflow.production_rate import ProductionRate

_MS_PER_HOUR = 3.6e6
_BYTES_PER_GB = 1e9


@dataclass(frozen=True)
class PlannedSample:
    """What one sample would take.

    Parameters
    ----------
    n
        Number of showers.
    chunks, chunk_events
        Number of chunks that are simulated whole, and of events in each.
    files
        Number of files: one, or the shards.
    core_h, core_h_error
        Core hours and their statistical error (None: not known).
    wall_h, wall_h_error
        Hours on the clock, for that many workers, and their statistical error.
    disk_gb, disk_gb_error
        Compressed size of the files in GB (1e9 bytes) and its statistical error.
    most_disk_gb
        Largest size while it is made, with the chunks of the files that are not whole.
    """

    n: int
    chunks: int
    chunk_events: int
    files: int
    core_h: float
    core_h_error: float | None
    wall_h: float
    wall_h_error: float | None
    disk_gb: float
    disk_gb_error: float | None
    most_disk_gb: float


@dataclass(frozen=True)
class ProductionPlan:
    """What productions would take.

    Parameters
    ----------
    detector
        Name of the calorimeter.
    workers
        Number of cores.
    shard_size
        Most showers in a file, or None for one file.
    rate
        What one shower costs, and how that was measured.
    samples
        The samples, in the order asked for.
    jobs
        Number of jobs that would be submitted to a batch system.
    job_script
        What would be submitted for each, or None if there are none.
    """

    detector: str
    workers: int
    shard_size: int | None
    rate: ProductionRate
    samples: tuple[PlannedSample, ...]
    jobs: int = 0
    job_script: str | None = None


def plan_production(
    detector: str | Path | Calorimeter,
    *,
    n: int | Sequence[int] | None = None,
    primaries: PrimaryConfig | None = None,
    like: Path | str | None = None,
    seed: int | None = None,
    workers: int | None = None,
    cluster: ClusterConfig | None = None,
    cut_mm: float = 0.7,
    shard_size: int | None = None,
    measured_on: Path | str | None = None,
    progress: Progress | None = None,
) -> ProductionPlan:
    """Plan what `simulate` with the same arguments would take, without making the sample.

    Core time and size of a shower are measured on a pilot of some ten seconds, spread over the energies, or
    taken from a sample that is there. Hours on the clock are core hours over workers: it is assumed that each
    worker has a core to itself, as fast as the one measured on.

    Parameters
    ----------
    detector, primaries, like, seed, cut_mm, shard_size
        As for `simulate`.
    n
        Number of showers, or several numbers to plan for.
    workers
        Number of cores; by default those of this machine.
    cluster
        The cluster instead, whose cores count; of a batch system, the plan tells what would be submitted.
    measured_on
        A sample of the same detector and particles with its timing file, instead of a pilot.
    progress
        Receives the progress of the pilot.

    Returns
    -------
    ProductionPlan
        The plan.

    Raises
    ------
    ConfigurationError, ClusterError
        As `simulate` does.
    DataError
        If a file cannot be read, or `measured_on` is of another kind than the planned sample.

    Examples
    --------
    >>> from showerkit.simulate.primaries import PrimaryConfig
    >>> mips = PrimaryConfig(particles=("mu-",), energy_gev=0.2)
    >>> plan = plan_production("zdc-ecal", n=[10**6, 10**7], primaries=mips, workers=64, shard_size=10**5)
    >>> [sample.files for sample in plan.samples]
    [10, 100]
    """
    from showerkit.geometry import Calorimeter, load_detector
    from showerkit.workflow.incident_source import incident_source
    from showerkit.workflow.production_rate import pilot_rate, sample_rate

    check_workers(workers, cluster)
    cores, jobs, script = cores_of(workers, cluster)
    numbers = [n] if n is None or isinstance(n, int) else list(n)
    if not numbers:
        raise ConfigurationError("the number of showers is missing", mend="give -n")
    calorimeter = detector if isinstance(detector, Calorimeter) else load_detector(detector)
    with ExitStack() as stack:
        sources = [
            incident_source(stack, calorimeter, n=number, primaries=primaries, like=like, seed=seed)
            for number in numbers
        ]
        largest = max(sources, key=lambda source: source.n)
        settings = geant4_settings(calorimeter, largest, cut_mm)
        data = find_physics_data(hadrons=bool(largest.hadrons))
        layouts = [ChunkLayout.of_sample(source.n, shard_size) for source in sources]
        if measured_on is None:
            rate = pilot_rate(largest, settings, data.environment, progress or SilentProgress())
        else:
            rate = sample_rate(measured_on, largest, settings)
    samples = tuple(_planned(layout, cores, rate) for layout in layouts)
    return ProductionPlan(calorimeter.name, cores, shard_size, rate, samples, jobs, script)


def _planned(layout: ChunkLayout, cores: int, rate: ProductionRate) -> PlannedSample:
    """Multiply what one shower costs by their number."""
    n = layout.n
    # Of a file the chunks are all there when it is written; shards follow each other, so that the chunks of
    # one shard that is written and of the next one are there at most.
    in_chunks = min(n, 2 * layout.shard_events)
    busy = min(cores, layout.n_chunks)

    core_h = n * rate.core_ms / _MS_PER_HOUR
    core_h_error = None if rate.core_ms_error is None else n * rate.core_ms_error / _MS_PER_HOUR
    return PlannedSample(
        n=n,
        chunks=layout.n_chunks,
        chunk_events=layout.chunk_events,
        files=layout.n_shards,
        core_h=core_h,
        core_h_error=core_h_error,
        wall_h=core_h / busy,
        wall_h_error=None if core_h_error is None else core_h_error / busy,
        disk_gb=n * rate.disk_bytes / _BYTES_PER_GB,
        disk_gb_error=None if rate.disk_bytes_error is None else n * rate.disk_bytes_error / _BYTES_PER_GB,
        most_disk_gb=(n * rate.disk_bytes + in_chunks * rate.chunk_bytes) / _BYTES_PER_GB,
    )

"""Simulates chunks of events with Geant4 on several worker processes."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from showerkit.data.records import IncidentParticles, Showers
from showerkit.simulate.chunk_runner import WorkerProgram
from showerkit.simulate.face_particles import FaceParticles

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from showerkit.simulate.chunk_runner import ChunkRunner
    from showerkit.simulate.geant4.settings import Geant4Settings


#: What decides a shower, beside the settings.
PACKAGES: Final = ("showerkit", "geant4-pybind", "numpy")


@dataclass(frozen=True)
class FinishedChunk:
    """The showers of one chunk.

    Parameters
    ----------
    chunk
        Its number.
    showers
        Its showers.
    geant4_version
        Version of Geant4 that made them.
    cpu_s
        Processor time the simulation took, in s.
    at_face
        The particles whose showers are still to be made, if the settings let any be taken out.
    """

    chunk: int
    showers: Showers
    geant4_version: str
    cpu_s: float
    at_face: FaceParticles | None = None


def simulate_chunks(
    settings: Geant4Settings,
    environment: Mapping[str, str],
    chunks: Sequence[int],
    primaries_of: Callable[[int], tuple[IncidentParticles, NDArray[np.int64]]],
    *,
    runner: ChunkRunner,
    log_dir: Path,
    data_description: str | None = None,
    note: Callable[[str], None] = lambda message: None,
) -> Generator[FinishedChunk, None, None]:
    """Simulate chunks and give them as they finish, in any order.

    An event's shower depends on the settings and the event's number alone. A worker that dies is
    reported through `note`, replaced, and its chunk is done again. The workers end with the iterator
    and with this process, however that ends.

    Parameters
    ----------
    settings
        What decides the result.
    environment
        Variables that name Geant4's data.
    chunks
        Numbers of the chunks to simulate.
    primaries_of
        Gives a chunk's incident particles and event numbers.
    runner
        Where they are simulated.
    log_dir
        Folder for the workers' logs.
    data_description
        What Geant4's data are; a machine without those folders has to find the same.
    note
        Receives one line for each worker that died.

    Yields
    ------
    FinishedChunk
        The showers of one chunk.

    Raises
    ------
    SimulationError
        If a chunk brings down three workers, or a worker reports an error.
    """
    program = WorkerProgram(
        "Geant4",
        "showerkit.simulate.geant4.worker",
        {
            "settings": settings.model_dump(mode="json"),
            "environment": dict(environment),
            "physics_data": data_description,
        },
        log_dir,
        PACKAGES,
    )
    particles: dict[int, tuple[IncidentParticles, NDArray[np.int64]]] = {}

    def arrays_of(chunk: int) -> dict[str, NDArray[Any]]:
        incident, ids = particles[chunk] = primaries_of(chunk)
        return {
            "pdg": incident.pdg,
            "energy_mev": incident.energy_mev,
            "momentum_mev": incident.momentum_mev,
            "position_mm": incident.position_mm,
            "event_id": ids,
        }

    def events_of(chunk: int) -> tuple[int, int]:
        _, ids = primaries_of(chunk)
        return int(ids[0]), int(ids[-1])

    if not chunks:
        return
    results = runner.run(program, chunks, arrays_of, events_of=events_of, note=note)
    with closing(results):
        for result in results:
            incident, ids = particles.pop(result.chunk)
            deposits = result.arrays
            showers = Showers(incident, deposits["energy_mev"], ids, charged_tracks=deposits.get("tracks"))
            at_face = None if settings.handover is None else FaceParticles.from_arrays(deposits)
            yield FinishedChunk(result.chunk, showers, result.version, result.cpu_s, at_face)

"""Where chunks are simulated: what worker processes of this machine and clusters have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from showerkit.errors import SimulationError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

#: How often one chunk may bring a worker down before it is given up.
MAX_DEATHS: Final = 3


@dataclass(frozen=True)
class WorkerProgram:
    """What the worker processes run.

    Parameters
    ----------
    name
        What it is called in messages, such as ``"Geant4"``.
    module
        The module whose function ``main`` serves the chunks.
    setup
        What it needs to know before the first chunk, as JSON values.
    log_dir
        Folder for the workers' logs.
    packages
        Installed packages on whose versions the results depend; on other machines they have to be the same.
    """

    name: str
    module: str
    setup: Mapping[str, Any]
    log_dir: Path
    packages: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChunkResult:
    """What a worker made of one chunk.

    Parameters
    ----------
    chunk
        Its number.
    arrays
        The worker's arrays, by name.
    version
        Version of the program that made them.
    cpu_s
        Processor time it took, in s.
    """

    chunk: int
    arrays: dict[str, NDArray[Any]]
    version: str
    cpu_s: float


class ChunkRunner(Protocol):
    """Simulates chunks somewhere; what comes of a chunk does not depend on where."""

    @property
    def workers(self) -> int:
        """Number of worker processes, on a cluster the most that there were at once."""

    def run(
        self,
        program: WorkerProgram,
        chunks: Iterable[int],
        arrays_of: Callable[[int], Mapping[str, NDArray[Any]]],
        *,
        events_of: Callable[[int], tuple[int, int]],
        note: Callable[[str], None] = lambda message: None,
    ) -> Generator[ChunkResult, None, None]:
        """Simulate chunks and give them as they finish, in any order.

        A worker that dies is reported through `note`, replaced, and its chunk is done again. The workers
        end with the iterator and with this process, however that ends.

        Parameters
        ----------
        program
            What the workers run.
        chunks
            Numbers of the chunks to simulate, taken one by one; there may be no end to them.
        arrays_of
            Gives what a worker needs for a chunk.
        events_of
            Gives the first and the last event of a chunk, for messages.
        note
            Receives one line for each worker that died.

        Yields
        ------
        ChunkResult
            What came of one chunk.

        Raises
        ------
        SimulationError
            If a chunk brings down three workers, or a worker reports an error.
        """


def given_up(
    program: WorkerProgram,
    chunk: int | None,
    description: str,
    times: int,
    events_of: Callable[[int], tuple[int, int]],
) -> SimulationError:
    """Make the error that says over which events the workers died.

    Parameters
    ----------
    program
        What they ran.
    chunk
        The chunk they died over; None: they died while starting.
    description
        How the last one ended.
    times
        How many died.
    events_of
        Gives the first and the last event of a chunk.

    Examples
    --------
    >>> from pathlib import Path
    >>> program = WorkerProgram("Geant4", "showerkit.simulate.geant4.worker", {}, Path("."))
    >>> print(given_up(program, 2, "signal 9", 3, lambda chunk: (chunk * 256, chunk * 256 + 255)))
    events 512 to 767 brought down 3 workers: got signal 9; to mend: read the end of the log
    """
    if chunk is None:
        what = f"{program.name} does not start"
    else:
        first, last = events_of(chunk)
        what = f"events {first} to {last} brought down {times} workers"
    return SimulationError(what, got=description, mend="read the end of the log")

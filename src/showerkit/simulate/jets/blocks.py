"""Blocks of events on workers, whatever kind of jets they give."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from showerkit.simulate.jets.events import EVENTS_PER_BLOCK

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from showerkit.simulate.chunk_runner import ChunkRunner, WorkerProgram

JetsT = TypeVar("JetsT")


@dataclass(frozen=True)
class FinishedBlock(Generic[JetsT]):
    """The jets of one block of events.

    Parameters
    ----------
    block
        Its number.
    jets
        Its jets.
    cpu_s
        Processor time the simulation took, in s.
    """

    block: int
    jets: JetsT
    cpu_s: float


def finished_blocks(
    program: WorkerProgram,
    record: Callable[..., JetsT],
    blocks: Iterable[int],
    *,
    runner: ChunkRunner,
    note: Callable[[str], None] = lambda message: None,
) -> Generator[FinishedBlock[JetsT], None, None]:
    """Simulate blocks of events and give their jets as they finish, in any order.

    Parameters
    ----------
    program
        What the workers run.
    record
        Makes the jets of the workers' arrays, which are named as its arguments.
    blocks
        Numbers of the blocks; there may be no end to them.
    runner
        Where they are simulated.
    note
        Receives one line for each worker that died.

    Yields
    ------
    FinishedBlock
        The jets of one block.

    Raises
    ------
    SimulationError
        If a block brings down three workers, or a worker reports an error.
    """
    results = runner.run(
        program,
        blocks,
        lambda block: {},
        events_of=lambda block: (block * EVENTS_PER_BLOCK, (block + 1) * EVENTS_PER_BLOCK - 1),
        note=note,
    )
    with closing(results):
        for result in results:
            yield FinishedBlock(result.chunk, record(**result.arrays), result.cpu_s)

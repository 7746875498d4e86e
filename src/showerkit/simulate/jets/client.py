"""Simulates blocks of events with Pythia 8 on several worker processes."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from showerkit.data.jet_records import Jets
from showerkit.simulate.jets.events import EVENTS_PER_BLOCK
from showerkit.simulate.worker_pool import WorkerProgram, simulated_chunks

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from pathlib import Path

    from showerkit.simulate.jets.config import JetProcessConfig


@dataclass(frozen=True)
class FinishedBlock:
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
    jets: Jets
    cpu_s: float


def simulate_blocks(
    config: JetProcessConfig,
    seed: int,
    blocks: Iterable[int],
    *,
    workers: int,
    log_dir: Path,
    note: Callable[[str], None] = lambda message: None,
) -> Generator[FinishedBlock, None, None]:
    """Simulate blocks of events on worker processes and give their jets as they finish, in any order.

    The jets of a block depend on the settings, the seed and the block's number alone.

    Parameters
    ----------
    config
        What to simulate.
    seed
        The seed of the sample.
    blocks
        Numbers of the blocks; there may be no end to them.
    workers
        How many processes, at least 1.
    log_dir
        Folder for the workers' logs.
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
    program = WorkerProgram(
        "Pythia",
        "showerkit.simulate.jets.worker",
        {"process": config.model_dump(mode="json"), "seed": seed},
        log_dir,
    )
    results = simulated_chunks(
        program,
        blocks,
        lambda block: {},
        workers=workers,
        events_of=lambda block: (block * EVENTS_PER_BLOCK, (block + 1) * EVENTS_PER_BLOCK - 1),
        note=note,
    )
    with closing(results):
        for result in results:
            yield FinishedBlock(result.chunk, Jets(**result.arrays), result.cpu_s)

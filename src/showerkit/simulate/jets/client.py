"""Simulates blocks of events with Pythia 8 on several workers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from showerkit.data.calibration_jets import CalibrationJets
from showerkit.data.jet_records import Jets
from showerkit.simulate.chunk_runner import WorkerProgram
from showerkit.simulate.jets.blocks import finished_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from pathlib import Path

    from showerkit.simulate.chunk_runner import ChunkRunner
    from showerkit.simulate.jets.blocks import FinishedBlock
    from showerkit.simulate.jets.calibration_config import CalibrationJetConfig
    from showerkit.simulate.jets.config import JetProcessConfig


#: What decides a jet, beside the settings.
PACKAGES: Final = ("showerkit", "pythia8mc", "fastjet", "numpy")


def simulate_blocks(
    config: JetProcessConfig,
    seed: int,
    blocks: Iterable[int],
    *,
    runner: ChunkRunner,
    log_dir: Path,
    note: Callable[[str], None] = lambda message: None,
) -> Generator[FinishedBlock[Jets], None, None]:
    """Simulate blocks of events and give their jets as they finish, in any order.

    The jets of a block depend on the settings, the seed and the block's number alone.

    Parameters
    ----------
    config
        What to simulate.
    seed
        The seed of the sample.
    blocks
        Numbers of the blocks; there may be no end to them.
    runner
        Where they are simulated.
    log_dir
        Folder for the workers' logs.
    note
        Receives one line for each worker that died.

    Returns
    -------
    Generator
        Gives the jets of each block.

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
        PACKAGES,
    )
    return finished_blocks(program, Jets, blocks, runner=runner, note=note)


def simulate_calibration_blocks(
    config: CalibrationJetConfig,
    seed: int,
    blocks: Iterable[int],
    *,
    runner: ChunkRunner,
    log_dir: Path,
    note: Callable[[str], None] = lambda message: None,
) -> Generator[FinishedBlock[CalibrationJets], None, None]:
    """Simulate blocks of dijet events and give their matched jets as they finish, in any order.

    Arguments and errors are those of `simulate_blocks`.
    """
    program = WorkerProgram(
        "Pythia",
        "showerkit.simulate.jets.calibration_worker",
        {"config": config.model_dump(mode="json"), "seed": seed},
        log_dir,
        PACKAGES,
    )
    return finished_blocks(program, CalibrationJets, blocks, runner=runner, note=note)

"""Run the steps that a chain's recipe calls for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showerkit.workflow.chain_sections import (
    ChainSections,
    EnergySections,
    GeneratorSections,
    ImageSections,
    JetEnergySections,
    JetSections,
)
from showerkit.workflow.energy_run import EnergyRun
from showerkit.workflow.generator_run import GeneratorRun
from showerkit.workflow.image_run import ImageRun
from showerkit.workflow.jet_energy_run import JetEnergyRun
from showerkit.workflow.jet_run import JetRun

if TYPE_CHECKING:
    from pathlib import Path

    from showerkit.progress import Progress


def run_chain(
    recipe: ChainSections, folder: Path, samples: Path, workers: int | None, progress: Progress
) -> None:
    """Run a chain, whatever its model does; steps that are finished are kept.

    Parameters
    ----------
    recipe
        The recipe.
    folder
        Folder of the run.
    samples
        Folder of its samples.
    workers
        Simulation processes; None: all cores.
    progress
        Where to report.
    """
    if isinstance(recipe, EnergySections):
        EnergyRun(recipe, folder, samples, workers, progress).run()
    elif isinstance(recipe, GeneratorSections):
        GeneratorRun(recipe, folder, samples, workers, progress).run()
    elif isinstance(recipe, JetSections):
        JetRun(recipe, folder, samples, workers, progress).run()
    elif isinstance(recipe, JetEnergySections):
        JetEnergyRun(recipe, folder, samples, workers, progress).run()
    elif isinstance(recipe, ImageSections):
        ImageRun(recipe, folder, samples, workers, progress).run()

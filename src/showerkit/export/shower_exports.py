"""Generators of showers as graphs with descriptions."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch

from showerkit.data.cell_energy_transform import CellEnergyTransform
from showerkit.data.records import IncidentParticles
from showerkit.export.exported_model import ExportedModel
from showerkit.export.incident_inputs import incident_arrays
from showerkit.export.onnx_description import CellMap, OnnxDescription, OnnxInput, OnnxOutput
from showerkit.generate.event_random import event_uniforms
from showerkit.generate.random_inputs import draw_random
from showerkit.simulate.particles import particle_with_code
from showerkit.train.checkpoint import load_checkpoint

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from showerkit.export.exported_model import Arrays
    from showerkit.generate.block_generator import BlockGenerator
    from showerkit.generate.random_inputs import RandomInput
    from showerkit.train.checkpoint import CheckpointMeta

CELL_ENERGY: Final = OnnxOutput(
    name="cell_energy_mev", width=1, unit="MeV", meaning="deposited energy of each cell; 0 without a hit"
)
#: So many roundings of a number of order one may add up in a network's output.
_SUM_OF: Final = 16
#: Streams of random numbers are inputs of this name and theirs.
RANDOM: Final = "random_"
#: How often it is tried how cells follow roundings.
_DRAWS: Final = 6


def entry_window_export(path: Path) -> ExportedModel:
    """Prepare a generator of windows for export (see `ExportedModel`)."""
    from showerkit.data.window_condition import WindowCondition
    from showerkit.export.entry_window_graph import EntryWindowGraph
    from showerkit.generate.entry_window_showers import EntryWindowShowerGenerator
    from showerkit.generate.window_frame import window_frame
    from showerkit.losses.energy_score_config import EnergyScoreConfig
    from showerkit.models.entry_window_config import EntryWindowConfig

    checkpoint = load_checkpoint(path)
    meta = checkpoint.meta
    config, _ = meta.settings(EntryWindowConfig, EnergyScoreConfig)
    generator = EntryWindowShowerGenerator.from_checkpoint(checkpoint, device="cpu")
    graph = EntryWindowGraph(
        EntryWindowShowerGenerator.from_checkpoint(checkpoint, device="cpu").network,
        window_frame(config, meta.detector),
        WindowCondition.from_dict(meta.condition_transform),
        meta.particles,
        meta.threshold_mev,
    )
    return shower_export(meta, generator, graph, graph.incident.inputs)


def mask_value_export(path: Path) -> ExportedModel:
    """Prepare a mask-and-value generator for export (see `ExportedModel`)."""
    from showerkit.export.mask_value_graph import MaskValueGraph
    from showerkit.generate.showers import ShowerGenerator

    checkpoint = load_checkpoint(path)
    generator = ShowerGenerator.from_checkpoint(checkpoint, device="cpu")
    graph = MaskValueGraph(checkpoint)
    cell_energy = CellEnergyTransform.from_dict(checkpoint.meta.energy_transform)

    def rounding(given: Arrays) -> Arrays:
        # VALUE is a sum of numbers of order one; where it stands for a small energy, that is what it is
        # known to.
        if cell_energy.kind == "log":
            return {}
        one = given["incident_energy_mev"] if cell_energy.kind == "fraction" else cell_energy.scale_mev
        return {CELL_ENERGY.name: np.asarray(_SUM_OF * np.finfo(np.float32).eps * one)}

    made = shower_export(checkpoint.meta, generator, graph, graph.incident.inputs)
    tables = checkpoint.meta.value_spread, checkpoint.meta.total_energy
    return replace(made, rounding=rounding, jumps=any(table is not None for table in tables))


def shower_flow_export(path: Path, *, solver: str | None = None, steps: int | None = None) -> ExportedModel:
    """Prepare a flow of showers for export (see `ExportedModel`).

    Parameters
    ----------
    path
        The model file.
    solver, steps
        Another method or number of steps than the model's own (see `chosen_solver`).

    Raises
    ------
    ExportError
        If the solver chooses its steps itself, which no graph can hold.
    """
    from showerkit.data.window_condition import WindowCondition
    from showerkit.export.fixed_steps import fixed_steps
    from showerkit.export.shower_flow_graph import ShowerFlowGraph
    from showerkit.generate.shower_flow_showers import ShowerFlowGenerator
    from showerkit.generate.window_frame import window_frame
    from showerkit.losses.flow_matching_config import FlowMatchingConfig
    from showerkit.models.shower_flow_config import ShowerFlowConfig

    checkpoint = load_checkpoint(path)
    meta = checkpoint.meta
    config, _ = meta.settings(ShowerFlowConfig, FlowMatchingConfig)
    generator = ShowerFlowGenerator.from_checkpoint(checkpoint, device="cpu")
    # As the graph has it: single precision, in which a distilled flow runs for speed, knows energies next to
    # the threshold worse than the check asks.
    generator.with_all_digits()
    generator.solver = chosen = fixed_steps(config.solver, meta.name, kind=solver, steps=steps)
    frame = window_frame(config, meta.detector)
    condition = WindowCondition.from_dict(meta.condition_transform)
    graph = ShowerFlowGraph(generator.network, chosen, frame, condition, meta.particles)
    made = shower_export(meta, generator, graph, graph.incident.inputs)
    told = {**made.description.normalisation, "solver": chosen.model_dump(mode="json")}

    def rounding(given: Arrays) -> Arrays:
        # The velocities are sums in single precision. How far energies follow is tried: all numbers that the
        # flow carried are moved by so many roundings, at random up or down.
        arguments = [torch.from_numpy(given[one.name]) for one in made.description.inputs]
        with torch.inference_mode():
            unmoved = graph(*arguments)
            followed = torch.zeros_like(unmoved)
            for draw in range(_DRAWS):
                random = torch.Generator().manual_seed(draw)
                sign = 2.0 * torch.randint(2, (len(unmoved), *frame.shape), generator=random) - 1.0
                moved = graph.moved(_SUM_OF * float(np.finfo(np.float32).eps) * sign.double(), *arguments)
                followed = torch.maximum(followed, (moved - unmoved).abs())
        return {CELL_ENERGY.name: followed.numpy()}

    described = made.description.model_copy(update={"normalisation": told})
    return replace(made, description=described, rounding=rounding)


def shower_export(
    meta: CheckpointMeta, generator: BlockGenerator, graph: Any, incident: tuple[OnnxInput, ...]
) -> ExportedModel:
    """Describe a generator of showers whose graph takes incident particles and random numbers.

    Parameters
    ----------
    meta
        What is known of the model.
    generator
        The generator in PyTorch, against which the graph is checked.
    graph
        A module that takes the incident particles' inputs, then the generator's random inputs in their
        order, and gives cell energies in MeV, shape (N, cells).
    incident
        Its first inputs.
    """
    cells = CellMap.of(meta.detector)
    description = OnnxDescription(
        kind="shower-generator",
        family=meta.model.kind,
        name=meta.name,
        description=meta.description,
        licence=meta.licence,
        detector=meta.detector,
        cells=cells,
        inputs=(*incident, *(_random(stream) for stream in generator.random_inputs)),
        outputs=(CELL_ENERGY.model_copy(update={"width": cells.number}),),
        normalisation={"incident": meta.condition_transform, "cell_energy": meta.energy_transform},
        threshold_mev=meta.threshold_mev,
        position_plane_mm=-meta.detector.gun_distance_mm,
        valid_range=meta.valid_range,
        particles=meta.particles,
        primaries=meta.primaries,
        seed=meta.seed,
        n_train=meta.n_train,
        data_fingerprint=meta.data_fingerprint,
        versions=export_versions(meta.versions),
    )

    def sample(events: int) -> Arrays:
        particles = check_particles(meta, events)
        random = draw_random(generator.random_inputs, 0, np.arange(events))
        drawn = {RANDOM + name: numbers.astype(np.float32) for name, numbers in random.items()}
        return incident_arrays(incident, particles) | drawn

    def reference(given: Arrays) -> Arrays:
        # In single precision energy and direction of a sample are those of its particles.
        particles = check_particles(meta, len(given["direction"]))
        random = {stream.name: given[RANDOM + stream.name] for stream in generator.random_inputs}
        energy_mev, _ = generator.block(particles, random)
        return {CELL_ENERGY.name: energy_mev}

    return ExportedModel(description, graph, sample, reference)


def check_particles(meta: CheckpointMeta, events: int) -> IncidentParticles:
    """Draw particles all over a model's valid range, half of them evenly in the logarithm of their energy.

    Parameters
    ----------
    meta
        What is known of the model.
    events
        How many.

    Returns
    -------
    IncidentParticles
        The same ones whenever asked, starting at the gun.
    """
    drawn = event_uniforms(0, "check", np.arange(events), 6)

    def between(name: str, uniform: NDArray[np.float64]) -> NDArray[np.float64]:
        low, high = meta.valid_range.get(name, (0.0, 0.0))
        return low + uniform * (high - low)

    low, high = meta.valid_range["energy"]
    energy = between("energy", drawn[:, 0])
    least = max(low, 1.0e-3 * high)
    in_decades = least * (high / least) ** drawn[:, 0]
    energy = np.where(np.arange(events) % 2 == 0, energy, in_decades)
    pdg = np.array(meta.particles)[(drawn[:, 1] * len(meta.particles)).astype(np.int64)]
    mass = np.array([particle_with_code(int(code)).mass_mev for code in pdg])
    theta, phi = between("theta", drawn[:, 2]), between("phi", drawn[:, 3])
    direction = np.stack([np.sin(theta) * np.cos(phi), np.sin(theta) * np.sin(phi), np.cos(theta)], axis=1)
    momentum = np.sqrt(energy * (energy + 2.0 * mass))[:, None] * direction
    start = np.full(events, -meta.detector.gun_distance_mm)
    position = np.stack([between("x", drawn[:, 4]), between("y", drawn[:, 5]), start], axis=1)
    return IncidentParticles(
        pdg.astype(np.int32), *(values.astype(np.float32) for values in (energy, momentum, position))
    )


def export_versions(trained_by: Mapping[str, str]) -> dict[str, str]:
    """Add the software that writes the file to that which trained the model."""
    now = {f"export {name}": version(name) for name in ("showerkit", "torch", "onnx")}
    return {**trained_by, **now}


def _random(stream: RandomInput) -> OnnxInput:
    return OnnxInput(name=RANDOM + stream.name, role="random", width=stream.numbers, unit="1", law=stream.law)

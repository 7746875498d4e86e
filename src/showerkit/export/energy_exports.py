"""Measurements of energies as graphs with descriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from showerkit.data.records import IncidentParticles, Showers
from showerkit.export.energy_graph import EnergyGraph
from showerkit.export.exported_model import ExportedModel
from showerkit.export.onnx_description import CellMap, OnnxDescription, OnnxInput, OnnxOutput
from showerkit.export.shower_exports import export_versions
from showerkit.generate.event_random import event_uniforms
from showerkit.reconstruct.energy_measurement import NetworkMeasurement
from showerkit.reconstruct.energy_reconstructor import CalibratedReconstructor, measurement_of
from showerkit.reconstruct.response_correction import CorrectedMeasurement
from showerkit.train.energy_checkpoint import load_energy_checkpoint

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from showerkit.data.cell_quantities import CellQuantity
    from showerkit.export.exported_model import Arrays
    from showerkit.train.energy_checkpoint import EnergyMeta

#: Inputs and outputs by their names in showerkit.
_INPUTS: Final[dict[CellQuantity, tuple[str, Literal["deposits", "charged-tracks"], str]]] = {
    "charged-tracks": ("charged_tracks", "charged-tracks", "1"),
    "deposits": ("deposits_mev", "deposits", "MeV"),
}
_OUTPUTS: Final = (
    ("energy_mev", "energy of the incident particle"),
    ("sigma_mev", "its standard error"),
    ("low_mev", "lower end of the interval"),
    ("high_mev", "upper end of the interval"),
)
#: So many roundings may add up in an energy, which is a sum of cells and of what networks add.
_SUM_OF: Final = 16


def energy_export(path: Path) -> ExportedModel:
    """Prepare a network that measures energies for export (see `ExportedModel`)."""
    checkpoint = load_energy_checkpoint(path)
    meta = checkpoint.meta
    measurement = measurement_of(checkpoint)
    if not isinstance(measurement, NetworkMeasurement):
        raise TypeError(f"no network: {type(measurement).__name__}")
    corrected = measurement if meta.response is None else CorrectedMeasurement(measurement, meta.response)
    reconstructor = CalibratedReconstructor(corrected, meta)
    cells = CellMap.of(meta.detector)
    told = [_INPUTS[name] for name in measurement.inputs]
    description = OnnxDescription(
        kind="energy-regression",
        family=meta.model.kind,
        name=meta.name,
        description=meta.description,
        licence=meta.licence,
        detector=meta.detector,
        cells=cells,
        inputs=tuple(
            OnnxInput(name=name, role=role, width=cells.number, unit=unit) for name, role, unit in told
        ),
        outputs=tuple(
            OnnxOutput(name=name, width=1, unit="MeV", meaning=meaning) for name, meaning in _OUTPUTS
        ),
        normalisation={
            "inputs_divided_by": list(measurement.network.input_scale.tolist()),
            "sigma_scale": meta.sigma_scale,
            "coverage": meta.intervals["coverage"],
        },
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
        deposits, tracks = _check_cells(meta, events)
        of_name: dict[str, NDArray[Any]] = {"deposits_mev": deposits, "charged_tracks": tracks}
        return {given.name: of_name[given.name] for given in description.inputs}

    def reference(given: Arrays) -> Arrays:
        empty = np.zeros((len(next(iter(given.values()))), cells.number), dtype=np.float32)
        showers = Showers(
            _along_beam(len(empty)),
            given.get("deposits_mev", empty),
            np.arange(len(empty)),
            charged_tracks=given.get("charged_tracks", empty),
        )
        found = reconstructor.reconstruct(showers)
        return {name: getattr(found, name)[:, None] for name, _ in _OUTPUTS}

    def rounding(given: Arrays) -> Arrays:
        # The energy is a sum with parts of both signs, of about the highest energy.
        largest = 1.0e3 * meta.energy_high_gev * _SUM_OF * np.finfo(np.float32).eps
        return {name: np.asarray(largest) for name, _ in _OUTPUTS}

    return ExportedModel(description, EnergyGraph(measurement, meta), sample, reference, rounding)


def _check_cells(meta: EnergyMeta, events: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Make up deposits and charged tracks, from empty showers to ones with hits in every 25th cell."""
    number = meta.detector.n_cells
    hit, size, tracks = (event_uniforms(0, name, np.arange(events), number) for name in ("hit", "mev", "n"))
    share = np.arange(events)[:, None] / (5.0 * events)
    is_hit = hit < share**2
    deposits = np.where(is_hit, 0.1 * 30.0**size, 0.0).astype(np.float32)
    return deposits, np.where(is_hit, np.ceil(6.0 * tracks), 0.0).astype(np.float32)


def _along_beam(events: int) -> IncidentParticles:
    """Particles that nothing is made of: showers have some."""
    momentum = np.zeros((events, 3), dtype=np.float32)
    return IncidentParticles(np.full(events, 11, np.int32), np.zeros(events, np.float32), momentum, momentum)

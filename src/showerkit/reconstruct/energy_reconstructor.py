"""A trained measurement of energies, from its file to energies with errors and intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from showerkit.data.reconstructed import ReconstructedEnergies
from showerkit.errors import CheckpointError
from showerkit.reconstruct.baselines import baseline_from_dict
from showerkit.reconstruct.conformal import ConformalIntervals
from showerkit.reconstruct.energy_calibration import CalibratedErrors
from showerkit.reconstruct.energy_measurement import BaselineMeasurement, NetworkMeasurement
from showerkit.reconstruct.response_correction import CorrectedMeasurement
from showerkit.train.energy_checkpoint import load_energy_checkpoint
from showerkit.train.model_store import resolve_model

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import JsonValue

    from showerkit.data.records import Showers
    from showerkit.reconstruct.energy_measurement import EnergyMeasurement
    from showerkit.train.energy_checkpoint import EnergyCheckpoint, EnergyMeta


class EnergyReconstructor(Protocol):
    """Showers in, energies out; the energy of a shower does not depend on the others."""

    def describe(self) -> dict[str, JsonValue]:
        """Say what the model is and what it was trained on."""

    def reconstruct(self, showers: Showers) -> ReconstructedEnergies:
        """Give one energy for each shower, in their order."""


class CalibratedReconstructor:
    """A measurement with calibrated errors.

    Parameters
    ----------
    measurement
        The measurement.
    meta
        What is known of it.
    """

    def __init__(self, measurement: EnergyMeasurement, meta: EnergyMeta) -> None:
        self.measurement = measurement
        self.meta = meta
        self.errors = CalibratedErrors(
            meta.resolution, meta.sigma_scale, ConformalIntervals.from_dict(meta.intervals)
        )

    def describe(self) -> dict[str, JsonValue]:
        """Say what the model is and what it was trained on (energies of ``valid_range`` in MeV)."""
        meta = self.meta
        return {
            "name": meta.name,
            "kind": meta.model.kind,
            "description": meta.description,
            "detector": meta.detector.model_dump(mode="json"),
            "n_train": meta.n_train,
            "n_calibration": meta.n_calibration,
            "coverage": self.errors.intervals.coverage,
            "particles": list(meta.particles),
            "valid_range": {name: list(ends) for name, ends in meta.valid_range.items()},
            "fingerprint": meta.data_fingerprint,
            "physics_data": meta.physics_data,
            "approximate_physics": meta.approximate_physics,
        }

    def reconstruct(self, showers: Showers) -> ReconstructedEnergies:
        """Measure energies.

        Parameters
        ----------
        showers
            N showers in the detector of the training.

        Returns
        -------
        ReconstructedEnergies
            Energies, standard errors and ends of intervals in MeV, in the order of the showers.

        Raises
        ------
        DataError
            If the showers lack a quantity or have another number of cells.
        """
        measured = self.measurement(showers)
        sigma = self.errors.sigma_mev(measured)
        intervals = self.errors.intervals
        if measured.lower_mev is not None and measured.upper_mev is not None:
            ends = intervals.between(measured.lower_mev, measured.upper_mev, measured.energy_mev)
        else:
            ends = intervals.around(measured.energy_mev, sigma)
        return ReconstructedEnergies(
            showers.event_id,
            *(
                column.astype(np.float32)
                for column in (measured.energy_mev, sigma, ends.low_mev, ends.high_mev)
            ),
        )


def load_reconstructor(model: Path | str) -> CalibratedReconstructor:
    """Load whatever measures energies.

    Parameters
    ----------
    model
        A run directory, a model file or a shipped model's name, of a network or a baseline.

    Returns
    -------
    CalibratedReconstructor
        An `EnergyReconstructor`.

    Raises
    ------
    CheckpointError
        If there is no such model, or it is damaged or of another kind.
    """
    checkpoint = load_energy_checkpoint(resolve_model(model))
    measurement, response = measurement_of(checkpoint), checkpoint.meta.response
    if response is not None:
        measurement = CorrectedMeasurement(measurement, response)
    return CalibratedReconstructor(measurement, checkpoint.meta)


def measurement_of(checkpoint: EnergyCheckpoint) -> EnergyMeasurement:
    """Build the measurement that a checkpoint holds, without the correction of its response.

    Raises
    ------
    CheckpointError
        If the weights are not those of the network.
    """
    meta = checkpoint.meta
    if meta.baseline is not None:
        return BaselineMeasurement(baseline_from_dict(meta.baseline, f"model '{meta.name}'"))
    from showerkit.losses.energy_objectives import build_energy_objective
    from showerkit.models.energy_registry import NETWORK_CONFIGS, build_energy_model

    if meta.objective is None or not isinstance(meta.model, NETWORK_CONFIGS):
        raise CheckpointError(f"model '{meta.name}'", got="no objective", expected="a network's objective")
    objective = build_energy_objective(meta.objective, meta.energy_low_gev, meta.energy_high_gev)
    network = build_energy_model(meta.model, meta.detector.shape, outputs=objective.outputs)
    try:
        network.load_state_dict(checkpoint.part("network"))
        objective.load_state_dict(checkpoint.part("objective"))
    except RuntimeError as differs:
        raise CheckpointError(
            f"model '{meta.name}'",
            got="weights of another network: " + " ".join(str(differs).split())[:200],
            expected=f"those of a network of kind '{meta.model.kind}'",
        ) from None
    return NetworkMeasurement(network, objective, meta.model.inputs)

"""A trained calibration of jets, from its file to transverse momenta with errors and intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.data.calibrated_pt import CalibratedPt
from showerkit.errors import CheckpointError, FileFormatError
from showerkit.models.jet_baseline_config import JetBoostedTreesConfig, NumericalInversionConfig
from showerkit.reconstruct.conformal import ConformalIntervals
from showerkit.reconstruct.jet_errors import jet_errors
from showerkit.reconstruct.jet_measurement import JetBaselineMeasurement, JetNetworkMeasurement
from showerkit.reconstruct.jet_response import corrected_jets
from showerkit.train.jet_energy_checkpoint import load_jet_energy_checkpoint
from showerkit.train.model_store import resolve_model
from showerkit.units import MEV_PER_GEV

if TYPE_CHECKING:
    from pathlib import Path

    from pydantic import JsonValue

    from showerkit.data.calibration_jets import CalibrationJets
    from showerkit.reconstruct.energy_measurement import MeasuredEnergies
    from showerkit.reconstruct.jet_measurement import JetMeasurement
    from showerkit.train.jet_energy_checkpoint import JetEnergyCheckpoint, JetEnergyMeta


class JetCalibrator:
    """A measurement of jets with its response corrected and its errors calibrated.

    Parameters
    ----------
    measurement
        The measurement, uncorrected.
    meta
        What is known of it.
    """

    def __init__(self, measurement: JetMeasurement, meta: JetEnergyMeta) -> None:
        self.measurement = measurement
        self.meta = meta
        # What is wrong with them is told now, not at the first jets.
        intervals = [ConformalIntervals.from_dict(one.intervals) for one in meta.errors.errors]
        self.coverage = intervals[0].coverage

    def describe(self) -> dict[str, JsonValue]:
        """Say what the model is and what it was trained on (``valid_range`` of pT and rho in GeV)."""
        meta = self.meta
        return {
            "name": meta.name,
            "kind": meta.model.kind,
            "description": meta.description,
            "objective": None if meta.objective is None else meta.objective.kind,
            "coverage": self.coverage,
            "pt_range_gev": [meta.pt_low_gev, meta.pt_high_gev],
            "valid_range": {name: list(ends) for name, ends in meta.valid_range.items()},
            "sample": meta.sample,
            "n_train": meta.n_train,
            "n_calibration": meta.n_calibration,
            "fingerprint": meta.data_fingerprint,
        }

    def measured(self, jets: CalibrationJets) -> MeasuredEnergies:
        """Measure pT with the response corrected, as energies in MeV."""
        found = self.measurement(jets)
        return (
            found
            if self.meta.response is None
            else corrected_jets(self.meta.response, found, jets.eta.astype(np.float64))
        )

    def calibrate(self, jets: CalibrationJets) -> CalibratedPt:
        """Calibrate N jets, each by itself.

        Parameters
        ----------
        jets
            The jets.

        Returns
        -------
        CalibratedPt
            Transverse momenta, standard errors and ends of intervals, in the order of the jets.
        """
        measured = self.measured(jets)
        sigma, ends = jet_errors(self.meta.errors, measured, jets.eta.astype(np.float64))
        columns = (measured.energy_mev, sigma, ends.low_mev, ends.high_mev)
        return CalibratedPt(jets.event_id, *((column / MEV_PER_GEV).astype(np.float32) for column in columns))


def load_jet_calibrator(model: Path | str) -> JetCalibrator:
    """Load whatever calibrates jets.

    Parameters
    ----------
    model
        A run directory, a model file or a shipped model's name, of a network or a baseline.

    Returns
    -------
    JetCalibrator
        The calibration.

    Raises
    ------
    CheckpointError
        If there is no such model, or it is damaged or of another kind.
    """
    checkpoint = load_jet_energy_checkpoint(resolve_model(model))
    return JetCalibrator(jet_measurement_of(checkpoint), checkpoint.meta)


def jet_measurement_of(checkpoint: JetEnergyCheckpoint) -> JetMeasurement:
    """Build the measurement that a checkpoint holds, without the correction of its response.

    Raises
    ------
    CheckpointError
        If the weights are not those of the network or baseline.
    """
    meta = checkpoint.meta
    try:
        if isinstance(meta.model, NumericalInversionConfig):
            from showerkit.reconstruct.numerical_inversion import NumericalInversion

            return JetBaselineMeasurement(NumericalInversion.from_tensors(checkpoint.part("baseline")))
        if isinstance(meta.model, JetBoostedTreesConfig):
            from showerkit.reconstruct.jet_boosted_trees import JetBoostedTrees

            return JetBaselineMeasurement(JetBoostedTrees.from_tensors(checkpoint.part("baseline")))
    except FileFormatError as wrong:
        raise CheckpointError(f"model '{meta.name}'", got=str(wrong), expected="its own tensors") from None
    from showerkit.losses.jet_objectives import build_jet_objective
    from showerkit.models.jet_energy_registry import build_jet_energy_model

    if meta.objective is None:
        raise CheckpointError(f"model '{meta.name}'", got="no objective", expected="a network's objective")
    objective = build_jet_objective(meta.objective, meta.pt_low_gev, meta.pt_high_gev)
    network = build_jet_energy_model(meta.model, outputs=objective.outputs)
    try:
        network.load_state_dict(checkpoint.part("network"))
        objective.load_state_dict(checkpoint.part("objective"))
    except RuntimeError as differs:
        raise CheckpointError(
            f"model '{meta.name}'",
            got="weights of another network: " + " ".join(str(differs).split())[:200],
            expected=f"those of a network of kind '{meta.model.kind}'",
        ) from None
    return JetNetworkMeasurement(network, objective)

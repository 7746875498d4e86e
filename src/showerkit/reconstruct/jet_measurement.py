"""What a network or a baseline says of the pT of jets, before its errors are calibrated.

Energies of showers and transverse momenta of jets are calibrated alike: pT goes as an energy in MeV through
what is said of responses, resolutions and intervals.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from showerkit.reconstruct.energy_measurement import MeasuredEnergies
from showerkit.units import MEV_PER_GEV

if TYPE_CHECKING:
    from showerkit.data.calibration_jets import CalibrationJets
    from showerkit.losses.jet_objective import JetObjective
    from showerkit.models.jet_energy_model import JetEnergyModel
    from showerkit.reconstruct.jet_boosted_trees import JetBoostedTrees
    from showerkit.reconstruct.numerical_inversion import NumericalInversion

#: Jets that a network sees at once: bounds the memory.
_AT_ONCE: Final = 1024


class JetMeasurement(Protocol):
    """Jets in, transverse momenta out."""

    def __call__(self, jets: CalibrationJets) -> MeasuredEnergies:
        """Measure the pT of jets, as energies in MeV."""


class JetBaselineMeasurement:
    """Measures by a baseline.

    Parameters
    ----------
    baseline
        The baseline.
    """

    def __init__(self, baseline: NumericalInversion | JetBoostedTrees) -> None:
        self.baseline = baseline

    def __call__(self, jets: CalibrationJets) -> MeasuredEnergies:
        """Measure the pT of jets, as energies in MeV."""
        from showerkit.reconstruct.numerical_inversion import NumericalInversion

        if isinstance(self.baseline, NumericalInversion):
            columns = (jets.pt_gev, jets.eta, jets.rho_gev)
            found = self.baseline.predict(*(column.astype(np.float64) for column in columns))
        else:
            found = self.baseline.predict(jets)
        return MeasuredEnergies(MEV_PER_GEV * found)


class JetNetworkMeasurement:
    """Measures by a network.

    Parameters
    ----------
    network
        The network, its weights loaded.
    objective
        What its outputs mean.
    """

    def __init__(self, network: JetEnergyModel, objective: JetObjective) -> None:
        self.network = network.eval()
        self.objective = objective.eval()

    def __call__(self, jets: CalibrationJets) -> MeasuredEnergies:
        """Measure the pT of jets, as energies in MeV."""
        import torch

        from showerkit.losses.jet_objectives import TruncatedJetLikelihood
        from showerkit.models.flat_candidates import jet_tensors

        parts: list[torch.Tensor] = []
        with torch.inference_mode():
            for start in range(0, len(jets), _AT_ONCE):
                told = jet_tensors(jets[start : start + _AT_ONCE])
                estimate = self.objective.estimate(self.network(told), told.pt_gev)
                columns = [estimate.energy_gev]
                # A width given the true pT is not that given the estimate; a fit to residuals knows it.
                told_by_truth = isinstance(self.objective, TruncatedJetLikelihood)
                if estimate.sigma_gev is not None and not told_by_truth:
                    columns.append(estimate.sigma_gev)
                parts.append(torch.stack(columns))
        if not parts:
            return MeasuredEnergies(np.zeros(0))
        return MeasuredEnergies(*(MEV_PER_GEV * torch.cat(parts, dim=1).double().numpy()))

"""Calibrated jets beside the truth, with the weights that their errors come from."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np

from showerkit.data.checked_array import checked_array
from showerkit.errors import DataError
from showerkit.evaluate.jet_energy.replicas import ReplicaWeights

if TYPE_CHECKING:
    from showerkit.evaluate.jet_energy.settings import JetEnergyEvaluationConfig
    from showerkit.typing import FloatArray, IntArray

#: Bins of a range that ends above so many times its beginning are equal in the logarithm, if nothing is said.
_WIDE: Final = 10.0


def _none() -> FloatArray:
    return np.zeros(0)


@dataclass(frozen=True, eq=False)
class CalibratedJets:
    """N jets with the truth and what a calibration made of them.

    Parameters
    ----------
    true_pt_gev, true_eta
        Transverse momenta in GeV and pseudorapidities of the true jets, shape (N,).
    pt_gev
        Calibrated transverse momenta in GeV, shape (N,).
    flavour
        Codes of the partons (see `showerkit.data.calibration_jets.CalibrationJets`), shape (N,).
    pile_up
        Numbers of further collisions, shape (N,).
    weight
        Weights of the jets, shape (N,).
    event_id
        Numbers of the events, shape (N,): the bootstrap draws events, not jets.
    sigma_gev
        Predicted errors in GeV, shape (N,), or none.
    low_gev, high_gev
        Ends of predicted intervals in GeV, shape (N,), or none.

    Raises
    ------
    DataError
        If shapes disagree, a value is not finite, or a true pT or a weight is out of range.
    """

    true_pt_gev: FloatArray
    true_eta: FloatArray
    pt_gev: FloatArray
    flavour: IntArray
    pile_up: FloatArray
    weight: FloatArray
    event_id: IntArray
    sigma_gev: FloatArray = field(default_factory=_none)
    low_gev: FloatArray = field(default_factory=_none)
    high_gev: FloatArray = field(default_factory=_none)

    def __post_init__(self) -> None:
        n = len(np.atleast_1d(self.true_pt_gev))
        for one in fields(self):
            values: Any = getattr(self, one.name)
            whole = one.name in ("flavour", "event_id")
            empty = one.name in ("sigma_gev", "low_gev", "high_gev") and np.size(values) == 0
            array = checked_array(
                one.name, values, (0 if empty else n,), np.dtype(np.int64 if whole else np.float64).type
            )
            object.__setattr__(self, one.name, array)
        if n and self.true_pt_gev.min() <= 0.0:
            raise DataError("true_pt_gev", got=float(self.true_pt_gev.min()), expected="values > 0")
        if n and self.weight.min() < 0.0:
            raise DataError("weight", got=float(self.weight.min()), expected="values >= 0")

    def __len__(self) -> int:
        return len(self.true_pt_gev)

    @property
    def response(self) -> FloatArray:
        """Calibrated over true pT, shape (N,)."""
        return self.pt_gev / self.true_pt_gev

    @property
    def has_sigma(self) -> bool:
        """Whether there are predicted errors."""
        return len(self.sigma_gev) > 0 or len(self) == 0


def replica_weights(jets: CalibratedJets, config: JetEnergyEvaluationConfig) -> ReplicaWeights:
    """Weights of the jets, times how often the bootstrap drew their events.

    Parameters
    ----------
    jets
        N jets.
    config
        Number of replicas, and seed.

    Returns
    -------
    ReplicaWeights
        Of 1 + replicas; replica 0 has the weights themselves.
    """
    return ReplicaWeights(jets.weight, jets.event_id, seed=config.seed, replicas=config.bootstrap)


def pt_edges(jets: CalibratedJets, config: JetEnergyEvaluationConfig) -> FloatArray:
    """Edges of the bins of the true pT in GeV, shape (bins + 1,)."""
    low, high = _pt_range(jets, config)
    space = np.geomspace if pt_spacing(jets, config) == "log" else np.linspace
    return np.asarray(space(low, high, config.pt_bins + 1), dtype=np.float64)


def pt_spacing(jets: CalibratedJets, config: JetEnergyEvaluationConfig) -> Literal["linear", "log"]:
    """How these bins are spaced, where the configuration leaves that to the range."""
    low, high = _pt_range(jets, config)
    return config.pt_spacing or ("log" if high > _WIDE * low else "linear")


def _pt_range(jets: CalibratedJets, config: JetEnergyEvaluationConfig) -> tuple[float, float]:
    low, high = config.pt_range_gev or (float(jets.true_pt_gev.min()), float(jets.true_pt_gev.max()))
    if not low < high:
        raise DataError("true pT of the jets", got=f"{low:g} GeV alone", expected="a range of values")
    return low, high


def bin_numbers(values: FloatArray, edges: FloatArray) -> IntArray:
    """Number of the bin that each value lies in, -1 outside; the last bin holds its upper edge.

    Examples
    --------
    >>> bin_numbers(np.array([0.0, 1.5, 2.0, 3.0]), np.array([0.0, 1.0, 2.0])).tolist()
    [0, 1, 1, -1]
    """
    number = np.searchsorted(edges, values, side="right") - 1
    number = np.where(values == edges[-1], len(edges) - 2, number)
    return np.where((number >= 0) & (number < len(edges) - 1), number, -1).astype(np.int64)

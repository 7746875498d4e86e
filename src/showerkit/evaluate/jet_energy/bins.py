"""In which bins the jets lie that calibrations are judged by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.evaluate.jet_energy.calibrated import bin_numbers, pt_edges
from showerkit.evaluate.jet_energy.response import effective_number

if TYPE_CHECKING:
    from showerkit.evaluate.jet_energy.calibrated import CalibratedJets
    from showerkit.evaluate.jet_energy.settings import JetEnergyEvaluationConfig
    from showerkit.typing import FloatArray, IntArray

#: Bins of the number of further collisions, of about equally many jets.
_PILE_UP_BINS: Final = 6
#: Jets that the distribution of a bin needs to be worth drawing.
_ENOUGH: Final = 100.0


@dataclass(frozen=True, eq=False)
class JetBins:
    """Bins of N jets; -1 where a jet lies outside of the range of pT or |eta|.

    Parameters
    ----------
    pt_edges_gev, abs_eta_edges, pile_up_edges
        Edges of the bins; no edges of the number of collisions where all jets have one.
    of_pt, of_eta, of_both, of_pile_up, of_all
        Number of each jet's bin, shape (N,); ``of_both`` counts |eta| within pT.
    """

    pt_edges_gev: FloatArray
    abs_eta_edges: FloatArray
    pile_up_edges: FloatArray
    of_pt: IntArray
    of_eta: IntArray
    of_both: IntArray
    of_pile_up: IntArray
    of_all: IntArray

    @property
    def n_pt(self) -> int:
        """Number of bins of pT."""
        return len(self.pt_edges_gev) - 1

    @property
    def n_eta(self) -> int:
        """Number of bins of |eta|."""
        return len(self.abs_eta_edges) - 1

    @property
    def n_pile_up(self) -> int:
        """Number of bins of the number of collisions."""
        return max(0, len(self.pile_up_edges) - 1)


def jet_bins(jets: CalibratedJets, config: JetEnergyEvaluationConfig) -> JetBins:
    """Sort jets into bins.

    Parameters
    ----------
    jets
        N jets.
    config
        The bins.

    Returns
    -------
    JetBins
        Where they lie.

    Raises
    ------
    DataError
        If all jets have one true pT and no range is given.
    """
    edges, eta_edges = pt_edges(jets, config), np.array(config.abs_eta_edges)
    of_pt, of_eta = (
        bin_numbers(jets.true_pt_gev, edges),
        bin_numbers(np.abs(jets.true_eta), eta_edges),
    )
    inside = (of_pt >= 0) & (of_eta >= 0)
    levels = np.quantile(jets.pile_up, np.linspace(0.0, 1.0, _PILE_UP_BINS + 1))
    mu_edges = np.unique(levels) if np.ptp(jets.pile_up) > 0.0 else np.zeros(0)
    of_pile_up = bin_numbers(jets.pile_up, mu_edges) if len(mu_edges) else np.full(len(jets), -1)

    def kept(numbers: IntArray) -> IntArray:
        return np.where(inside, numbers, -1).astype(np.int64)

    return JetBins(
        pt_edges_gev=edges,
        abs_eta_edges=eta_edges,
        pile_up_edges=mu_edges,
        of_pt=kept(of_pt),
        of_eta=kept(of_eta),
        of_both=kept(of_pt * (len(eta_edges) - 1) + of_eta),
        of_pile_up=kept(of_pile_up),
        of_all=kept(np.zeros(len(jets), dtype=np.int64)),
    )


def shown_bins(jets: CalibratedJets, bins: JetBins) -> tuple[int, ...]:
    """Choose the lowest, a middle and the highest bin of pT among those with enough jets."""
    enough = [
        number
        for number in range(bins.n_pt)
        if effective_number(jets.weight[bins.of_pt == number]) >= _ENOUGH
    ]
    if not enough:
        return ()
    return tuple(sorted({enough[0], enough[len(enough) // 2], enough[-1]}))

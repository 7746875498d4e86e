"""Dependences and distributions of one calibration of jets, with errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.bootstrap import replica_error
from showerkit.evaluate.jet_energy.figures_of_merit import spread_resolution
from showerkit.evaluate.jet_energy.measures import resolution_ratio
from showerkit.evaluate.jet_energy.response import bin_means, jet_response
from showerkit.evaluate.result import Curve

if TYPE_CHECKING:
    from showerkit.evaluate.jet_energy.bins import JetBins
    from showerkit.evaluate.jet_energy.calibrated import CalibratedJets
    from showerkit.evaluate.jet_energy.measures import JetEnergyMeasures
    from showerkit.evaluate.jet_energy.replicas import AnyWeights
    from showerkit.typing import BoolArray, FloatArray


def dependences(found: JetEnergyMeasures, baseline: JetEnergyMeasures) -> dict[str, Curve]:
    """Collect the dependences on pT (in GeV) and |eta|.

    Parameters
    ----------
    found, baseline
        The calibration and the baseline, measured with the same weights.

    Returns
    -------
    dict
        Curves by name, which ends in ``_pt`` or ``_eta``.
    """
    of_pt = {
        "response": found.of_pt.mean,
        "median": found.of_pt.median,
        "resolution": found.of_pt.resolution,
        "spread": spread_resolution(found.of_pt),
        "ratio": resolution_ratio(found.of_pt, baseline.of_pt)[0],
        "quark_gluon": found.quark_gluon,
        "pile_up_slope": found.pile_up_slope,
    }
    for name, law in found.of_flavour.items():
        key = name.replace(" ", "_")
        of_pt[key] = law.mean
        # Of all jets of the bin, so that calibrations of different closure can be compared.
        of_pt[f"{key}_relative"] = law.mean / found.of_pt.mean
    if found.pulls is not None:
        of_pt |= {
            "pull_mean": found.pulls.mean,
            "pull_width": found.pulls.spread,
            "pull_core": found.pulls.core,
        }
    if found.coverage is not None:
        of_pt["coverage"] = found.coverage
    of_eta = {
        "response": found.of_eta.mean,
        "resolution": found.of_eta.resolution,
        "ratio": resolution_ratio(found.of_eta, baseline.of_eta)[0],
    }
    curves = {f"{name}_pt": _curve(found.pt_gev, found.pt_edges_gev, each) for name, each in of_pt.items()}
    eta = {f"{name}_eta": _curve(found.abs_eta, found.abs_eta_edges, each) for name, each in of_eta.items()}
    return curves | eta


def pile_up_curves(jets: CalibratedJets, bins: JetBins, weights: AnyWeights) -> dict[str, Curve]:
    """Response and resolution against the number of further collisions; none where all jets have one.

    Parameters
    ----------
    jets
        Calibrated jets.
    bins
        Where they lie.
    weights
        Their weights in R replicas.
    """
    if bins.n_pile_up == 0:
        return {}
    law = jet_response(bins.of_pile_up, bins.n_pile_up, weights, jets.response)
    middle = bin_means(bins.of_pile_up, bins.n_pile_up, jets.weight, jets.pile_up)
    return {
        "response_pile_up": _curve(middle, bins.pile_up_edges, law.mean),
        "resolution_pile_up": _curve(middle, bins.pile_up_edges, law.resolution),
    }


def response_histograms(
    jets: CalibratedJets, bins: JetBins, shown: tuple[int, ...], reach: dict[int, float], n_bins: int
) -> dict[str, Curve]:
    """Distributions of the response in some bins of pT, as densities.

    Parameters
    ----------
    jets
        Calibrated jets.
    bins
        Where they lie.
    shown
        The bins of pT.
    reach
        By bin, how far from 1 the histogram goes.
    n_bins
        Bins of the histogram.

    Returns
    -------
    dict
        ``responses_K`` for bin number K.
    """
    found = {}
    for number in shown:
        inside = bins.of_pt == number
        edges = np.linspace(max(0.0, 1.0 - reach[number]), 1.0 + reach[number], n_bins + 1)
        found[f"responses_{number}"] = histogram(jets.response, jets.weight, inside, edges)
    return found


def pull_histogram(jets: CalibratedJets, bins: JetBins, n_bins: int) -> Curve:
    """Distribution of the pulls from -5 to 5, as a density in which every bin of pT counts alike."""
    inside = (bins.of_pt >= 0) & (jets.sigma_gev > 0.0)
    pull = (jets.pt_gev - jets.true_pt_gev) / np.where(jets.sigma_gev > 0.0, jets.sigma_gev, np.inf)
    total = np.bincount(bins.of_pt[inside], weights=jets.weight[inside], minlength=bins.n_pt)
    share = np.where(inside, jets.weight, 0.0) / np.where(total > 0.0, total, 1.0)[bins.of_pt]
    return histogram(pull, share, inside, np.linspace(-5.0, 5.0, n_bins + 1))


def histogram(values: FloatArray, weight: FloatArray, inside: BoolArray, edges: FloatArray) -> Curve:
    """Density of weighted values; its integral is the share of the weight within the range.

    Examples
    --------
    >>> values, weight = np.array([0.5, 0.5, 1.5, 9.0]), np.array([1.0, 1.0, 2.0, 4.0])
    >>> found = histogram(values, weight, np.ones(4, bool), np.array([0.0, 1.0, 2.0]))
    >>> found.y.tolist(), found.error.round(3).tolist()
    ([0.25, 0.25], [0.177, 0.25])
    """
    values, weight = values[inside], weight[inside]
    sums = np.histogram(values, bins=edges, weights=weight)[0]
    squares = np.histogram(values, bins=edges, weights=weight**2)[0]
    norm = weight.sum() * np.diff(edges)
    return Curve(0.5 * (edges[1:] + edges[:-1]), edges, sums / norm, np.sqrt(squares) / norm)


def _curve(x: FloatArray, edges: FloatArray, replicas: FloatArray) -> Curve:
    return Curve(x, edges, replicas[0], replica_error(replicas))

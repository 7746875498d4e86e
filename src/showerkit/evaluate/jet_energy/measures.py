"""All that is measured of one calibration of jets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.bootstrap import replica_error
from showerkit.evaluate.jet_energy.calibrated import bin_numbers, pt_edges, replica_weights
from showerkit.evaluate.jet_energy.flavour import flavour_response, quark_gluon_difference
from showerkit.evaluate.jet_energy.pile_up import pile_up_slope
from showerkit.evaluate.jet_energy.predicted_errors import jet_coverage, jet_pulls, within_one_sigma
from showerkit.evaluate.jet_energy.response import JetResponse, bin_means, jet_response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from showerkit.evaluate.jet_energy.calibrated import CalibratedJets
    from showerkit.evaluate.jet_energy.replicas import AnyWeights
    from showerkit.evaluate.jet_energy.settings import JetEnergyEvaluationConfig
    from showerkit.typing import FloatArray


@dataclass(frozen=True, eq=False)
class JetEnergyMeasures:
    """Response of a calibration against pT, eta, flavour and pile-up, and its predicted errors.

    Every array of replicas has the shape (R, bins), and entry 0 is measured.

    Parameters
    ----------
    pt_edges_gev, pt_gev
        Edges of the bins of the true pT in GeV, and mean true pT in them.
    abs_eta_edges, abs_eta
        Edges of the bins of the true |eta|, and its mean in them.
    of_pt, of_eta, of_all
        Law of the response in bins of the true pT, in bins of the true |eta|, and of all jets (one bin).
    of_flavour
        Law of the response by kind of jet, in bins of the true pT.
    quark_gluon
        Response of light quarks minus that of gluons, in bins of the true pT.
    pile_up_slope
        Slope of the response against the number of further collisions, in bins of the true pT.
    pulls, pulls_of_all
        Law of the pull in bins of the true pT, and of all jets; None without predicted errors.
    coverage, coverage_of_all
        Share of the jets whose interval, or predicted error, holds the truth; None without either.
    """

    pt_edges_gev: FloatArray
    pt_gev: FloatArray
    abs_eta_edges: FloatArray
    abs_eta: FloatArray
    of_pt: JetResponse
    of_eta: JetResponse
    of_all: JetResponse
    of_flavour: Mapping[str, JetResponse]
    quark_gluon: FloatArray
    pile_up_slope: FloatArray
    pulls: JetResponse | None
    pulls_of_all: JetResponse | None
    coverage: FloatArray | None
    coverage_of_all: FloatArray | None


def measure_jets(
    jets: CalibratedJets,
    config: JetEnergyEvaluationConfig,
    weights: AnyWeights | None = None,
) -> JetEnergyMeasures:
    """Measure a calibration.

    Parameters
    ----------
    jets
        Calibrated jets; those outside of the bins are left out.
    config
        Bins and bootstrap. Two calibrations of the same jets get the same weights, so that differences and
        ratios of their replicas know how alike they are.
    weights
        What `showerkit.evaluate.jet_energy.calibrated.replica_weights` gave for these jets, where it is known
        already; None: they are drawn.

    Returns
    -------
    JetEnergyMeasures
        The figures.

    Raises
    ------
    DataError
        If all jets have one true pT and no range is given.
    """
    weights = replica_weights(jets, config) if weights is None else weights
    edges, eta_edges = pt_edges(jets, config), np.array(config.abs_eta_edges)
    n_pt, n_eta = len(edges) - 1, len(eta_edges) - 1
    abs_eta = np.abs(jets.true_eta)
    inside = bin_numbers(jets.true_pt_gev, edges), bin_numbers(abs_eta, eta_edges)
    both = (inside[0] >= 0) & (inside[1] >= 0)
    of_pt, of_eta, of_all = (np.where(both, number, -1) for number in (*inside, np.zeros(len(jets), int)))
    response = jets.response
    of_flavour = flavour_response(of_pt, n_pt, weights, response, jets.flavour)
    has_interval = jets.has_sigma or len(jets.low_gev) > 0
    covered = within_one_sigma(jets) if has_interval else None
    return JetEnergyMeasures(
        pt_edges_gev=edges,
        pt_gev=bin_means(of_pt, n_pt, jets.weight, jets.true_pt_gev),
        abs_eta_edges=eta_edges,
        abs_eta=bin_means(of_eta, n_eta, jets.weight, abs_eta),
        of_pt=jet_response(of_pt, n_pt, weights, response),
        of_eta=jet_response(of_eta, n_eta, weights, response),
        of_all=jet_response(of_all, 1, weights, response),
        of_flavour=of_flavour,
        quark_gluon=quark_gluon_difference(of_flavour),
        pile_up_slope=pile_up_slope(of_pt, n_pt, weights, response, jets.pile_up),
        pulls=jet_pulls(of_pt, n_pt, weights, jets) if jets.has_sigma else None,
        pulls_of_all=jet_pulls(of_all, 1, weights, jets) if jets.has_sigma else None,
        coverage=None if covered is None else jet_coverage(of_pt, n_pt, weights, covered),
        coverage_of_all=None if covered is None else jet_coverage(of_all, 1, weights, covered),
    )


def resolution_ratio(candidate: JetResponse, baseline: JetResponse) -> tuple[FloatArray, FloatArray]:
    """Resolution over that of a baseline: in bins, shape (R, bins), and its geometric mean, shape (R,).

    Bins in which either is unknown are left out of the mean.

    Examples
    --------
    >>> one = JetResponse(*(np.array(part) for part in ([20.0], [[1.0]], [[1.0]], [[0.1]], [[0.1]])))
    >>> two = JetResponse(*(np.array(part) for part in ([20.0], [[0.8]], [[0.8]], [[0.1]], [[0.1]])))
    >>> of_bins, mean = resolution_ratio(one, two)
    >>> round(float(of_bins[0, 0]), 3), round(float(mean[0]), 3)
    (0.8, 0.8)
    """
    ratio = candidate.resolution / baseline.resolution
    known = np.isfinite(ratio[0])
    if not known.any():
        return ratio, np.full(len(ratio), np.nan)
    return ratio, np.exp(np.log(ratio[:, known]).mean(axis=1))


def key_figures(measures: JetEnergyMeasures) -> dict[str, tuple[float, float]]:
    """Sum up in a few numbers, each with its error.

    The largest of many noisy values is large by chance, too: its error is that of the bin it comes from.

    Parameters
    ----------
    measures
        What `measure_jets` gave.

    Returns
    -------
    dict
        Value and standard error by name: ``response`` and ``resolution`` of all jets,
        ``largest_closure_pt`` and ``largest_closure_eta`` (the largest distance of a bin's response from 1),
        ``largest_quark_gluon``, ``largest_pile_up_slope``, ``pull_mean``, ``pull_width`` (core), and
        ``coverage``; those that are not known are left out.
    """
    found = {
        "response": (measures.of_all.mean[:, 0], None),
        "resolution": (measures.of_all.resolution[:, 0], None),
        "largest_closure_pt": (measures.of_pt.closure, "largest"),
        "largest_closure_eta": (measures.of_eta.closure, "largest"),
        "largest_quark_gluon": (measures.quark_gluon, "largest"),
        "largest_pile_up_slope": (measures.pile_up_slope, "largest"),
    }
    if measures.pulls_of_all is not None:
        found["pull_mean"] = (measures.pulls_of_all.mean[:, 0], None)
        found["pull_width"] = (measures.pulls_of_all.core[:, 0], None)
    if measures.coverage_of_all is not None:
        found["coverage"] = (measures.coverage_of_all[:, 0], None)
    figures: dict[str, tuple[float, float]] = {}
    for name, (replicas, which) in found.items():
        if which == "largest":
            known = np.flatnonzero(np.isfinite(replicas[0]))
            if len(known) == 0:
                continue
            worst = known[int(np.argmax(np.abs(replicas[0, known])))]
            replicas = replicas[:, worst] * np.sign(replicas[0, worst])
        if np.isfinite(replicas[0]):
            figures[name] = (float(replicas[0]), float(replica_error(replicas)))
    return figures

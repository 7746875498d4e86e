"""The figures of one calibration of jets, each with its error and beside the baseline's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.bootstrap import replica_error
from showerkit.evaluate.energy_figures_of_merit import measure
from showerkit.evaluate.jet_energy.measures import resolution_ratio
from showerkit.evaluate.jet_energy.pt_words import pt_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from showerkit.evaluate.jet_energy.measures import JetEnergyMeasures
    from showerkit.evaluate.jet_energy.response import JetResponse
    from showerkit.evaluate.measurement import Measurement
    from showerkit.typing import FloatArray

_RESOLUTION = "Resolution (width of the response over its mean)"
_CLOSURE = "Closure (mean response - 1)"
_FLAVOUR = "Flavour"
_PILE_UP = "Pile-up"
_PULLS = "Pulls (calibrated - true pT)/predicted error, mean over bins of pT"


def worst_bin(replicas: FloatArray, about: float = 0.0) -> int | None:
    """Bin whose measured value lies farthest from a value; None if none is known.

    Examples
    --------
    >>> worst_bin(np.array([[0.1, -0.3, np.nan]])), worst_bin(np.array([[np.nan]]))
    (1, None)
    """
    known = np.flatnonzero(np.isfinite(replicas[0]))
    return None if len(known) == 0 else int(known[np.argmax(np.abs(replicas[0, known] - about))])


def root_mean_square(replicas: FloatArray, share: FloatArray) -> FloatArray:
    r"""Root mean square over bins, without what noise alone adds.

    A measured value has the noise of its error added once, a replica's twice:

    .. math:: \sqrt{\max(0, \langle x^2 - \sigma^2 \rangle)}, \quad
              \sqrt{\max(0, \langle x^{*2} - 2 \sigma^2 \rangle)}

    Parameters
    ----------
    replicas
        Values, shape (R, bins), entry 0 of which is measured.
    share
        How much each bin counts, shape (bins,).

    Returns
    -------
    numpy.ndarray
        Shape (R,).

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> measured = 3.0 + random.normal(size=(1, 4000))
    >>> replicas = np.concatenate([measured, measured + random.normal(size=(50, 4000))])
    >>> found = root_mean_square(replicas, np.ones(4000))
    >>> round(float(found[0]), 1), round(float(found[1:].mean()), 1)
    (3.0, 3.0)
    """
    noise = replica_error(replicas) ** 2
    added = np.full((len(replicas), 1), 2.0)
    added[0] = 1.0
    squares = (replicas**2 - added * np.nan_to_num(noise)) @ (share / share.sum())
    found: FloatArray = np.sqrt(np.maximum(squares, 0.0))
    return found


def mean_over_bins(replicas: FloatArray) -> FloatArray:
    """Mean over the bins that are known, shape (R,): every part of the range counts alike.

    Examples
    --------
    >>> mean_over_bins(np.array([[1.0, np.nan, 3.0]])).tolist()
    [2.0]
    """
    known = np.isfinite(replicas[0])
    if not known.any():
        return np.full(len(replicas), np.nan)
    found: FloatArray = replicas[:, known].mean(axis=1)
    return found


def spread_resolution(law: JetResponse) -> FloatArray:
    """Standard deviation over the mean, shape (R, bins): the resolution that knows of tails."""
    return law.spread / law.mean


def resolution_measures(found: JetEnergyMeasures, baseline: JetEnergyMeasures) -> list[Measurement]:
    """Resolution of all jets, and its ratios to the baseline over bins of pT.

    Parameters
    ----------
    found, baseline
        The calibration and the baseline, measured with the same weights.

    Returns
    -------
    list of Measurement
        The figures.
    """
    core, mean = resolution_ratio(found.of_pt, baseline.of_pt)
    tails = spread_resolution(found.of_pt) / spread_resolution(baseline.of_pt)
    known = np.isfinite(tails[0])
    measures = [
        measure(
            "resolution.core",
            "All jets, central 68 %",
            "%",
            _RESOLUTION,
            100.0 * found.of_all.core[:, 0] / found.of_all.mean[:, 0],
        ),
        measure(
            "resolution.spread",
            "All jets, standard deviation",
            "%",
            _RESOLUTION,
            100.0 * spread_resolution(found.of_all)[:, 0],
        ),
    ]
    if known.any():
        measures += [
            measure("resolution.ratio", "Ratio to the baseline, mean over bins of pT", "", _RESOLUTION, mean),
            measure(
                "resolution.ratio_spread",
                "The same of the standard deviation",
                "",
                _RESOLUTION,
                np.exp(np.log(tails[:, known]).mean(axis=1)),
            ),
        ]
        largest = int(np.flatnonzero(known)[np.argmax(core[0, known])])
        where = _pt_words(found, largest)
        measures.append(
            measure(
                "resolution.ratio_worst",
                f"Largest ratio in a bin (at {where})",
                "",
                _RESOLUTION,
                core[:, largest],
            )
        )
    return measures


def closure_measures(found: JetEnergyMeasures, of_both: JetResponse, n_eta: int) -> list[Measurement]:
    """Closure of all jets and in the worst bins, in per cent.

    Parameters
    ----------
    found
        The calibration.
    of_both
        Its response in bins of pT and |eta| together, |eta| within pT.
    n_eta
        Number of bins of |eta|.

    Returns
    -------
    list of Measurement
        The figures.
    """
    measures = [
        measure(
            "closure.overall",
            "All jets",
            "%",
            _CLOSURE,
            100.0 * found.of_all.closure[:, 0],
            "shift",
        )
    ]
    for key, label, replicas in (
        ("closure.pt", "Worst bin of pT", found.of_pt.closure),
        ("closure.eta", "Worst bin of |eta|", found.of_eta.closure),
        ("closure.both", "Worst bin of pT and |eta|", of_both.closure),
    ):
        worst = worst_bin(replicas)
        if worst is None:
            continue
        if key == "closure.pt":
            where = _pt_words(found, worst)
        elif key == "closure.eta":
            where = _eta_words(found, worst)
        else:
            where = f"{_pt_words(found, worst // n_eta)}, {_eta_words(found, worst % n_eta)}"
        measures.append(
            measure(key, f"{label} (at {where})", "%", _CLOSURE, 100.0 * replicas[:, worst], "shift")
        )
    return measures


def flavour_measures(
    found: JetEnergyMeasures,
    baseline: JetEnergyMeasures,
    of_all_flavours: Mapping[str, JetResponse],
) -> list[Measurement]:
    """Responses by kind of jet, and the difference of light quarks and gluons beside the baseline's.

    The difference is a root mean square over bins of pT, so that signs do not cancel (`root_mean_square`);
    bins count by how well the baseline's difference is known.

    Parameters
    ----------
    found, baseline
        The calibration and the baseline, measured with the same weights.
    of_all_flavours
        The calibration's response by kind of jet, in one bin.

    Returns
    -------
    list of Measurement
        The figures; none without jets of both kinds.
    """
    measures = [
        measure(f"flavour.{name.replace(' ', '_')}", f"Response of {name} jets", "", _FLAVOUR, law.mean[:, 0])
        for name, law in of_all_flavours.items()
        if np.isfinite(law.mean[0, 0])
    ]
    both = np.isfinite(found.quark_gluon[0]) & np.isfinite(baseline.quark_gluon[0])
    if not both.any():
        return measures
    share = 1.0 / np.maximum(replica_error(baseline.quark_gluon[:, both]) ** 2, 1e-30)
    mean, of_baseline = (root_mean_square(each.quark_gluon[:, both], share) for each in (found, baseline))
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = mean / of_baseline
    worst = worst_bin(found.quark_gluon)
    measures.append(
        measure("flavour.quark_gluon", "|Light quark - gluon|, over bins of pT", "%", _FLAVOUR, 100.0 * mean)
    )
    if worst is not None:
        label = f"Light quark - gluon, worst bin (at {_pt_words(found, worst)})"
        measures.append(
            measure("flavour.worst", label, "%", _FLAVOUR, 100.0 * found.quark_gluon[:, worst], "shift")
        )
    measures.append(
        measure("flavour.ratio", "|Light quark - gluon|, ratio to the baseline", "", _FLAVOUR, ratio)
    )
    return measures


def pile_up_measures(found: JetEnergyMeasures, of_all: FloatArray) -> list[Measurement]:
    """Slopes of the response against the number of further collisions; none without any.

    Parameters
    ----------
    found
        The calibration.
    of_all
        Slope of all jets, shape (R, 1).
    """
    worst = worst_bin(found.pile_up_slope)
    if worst is None or not np.isfinite(of_all[0, 0]):
        return []
    unit = "% per collision"
    return [
        measure("pile_up.slope", "Slope of all jets", unit, _PILE_UP, 100.0 * of_all[:, 0], "shift"),
        measure(
            "pile_up.worst",
            f"Slope in the worst bin (at {_pt_words(found, worst)})",
            unit,
            _PILE_UP,
            100.0 * found.pile_up_slope[:, worst],
            "shift",
        ),
    ]


def error_measures(found: JetEnergyMeasures, nominal: float) -> list[Measurement]:
    """Pulls and coverage; none without predicted errors.

    Both are means over bins of pT: of all jets of a spectrum, most have the lowest pT.

    Parameters
    ----------
    found
        The calibration.
    nominal
        What its intervals should cover.
    """
    measures = []
    if found.pulls is not None and found.pulls_of_all is not None:
        law, of_all = found.pulls, found.pulls_of_all
        measures += [
            measure("pull.mean", "Mean", "", _PULLS, mean_over_bins(law.mean), "shift"),
            measure("pull.width", "Width (standard deviation)", "", _PULLS, mean_over_bins(law.spread)),
            measure("pull.core", "Width (central 68 %)", "", _PULLS, mean_over_bins(law.core)),
            measure("pull.width_all", "Width of all jets", "", _PULLS, of_all.spread[:, 0]),
        ]
    if found.coverage is not None and found.coverage_of_all is not None:
        group = f"Coverage of the intervals, {100.0 * nominal:.3g} % nominal"
        coverage, of_jets = 100.0 * found.coverage, 100.0 * found.coverage_of_all
        measures += [
            measure("coverage.overall", "Mean over bins of pT", "%", group, mean_over_bins(coverage)),
            measure("coverage.all", "All jets", "%", group, of_jets[:, 0]),
        ]
        known = np.flatnonzero(np.isfinite(coverage[0]))
        for key, label, choose in (("lowest", "Lowest", np.argmin), ("highest", "Highest", np.argmax)):
            if len(known):
                place = int(known[int(choose(coverage[0, known]))])
                words = f"{label} in a bin (at {_pt_words(found, place)})"
                measures.append(measure(f"coverage.{key}", words, "%", group, coverage[:, place]))
    return measures


def _pt_words(found: JetEnergyMeasures, number: int) -> str:
    low, high = found.pt_edges_gev[number : number + 2]
    return f"{pt_number(low)} to {pt_number(high)} GeV"


def _eta_words(found: JetEnergyMeasures, number: int) -> str:
    low, high = found.abs_eta_edges[number : number + 2]
    return f"|eta| {low:g} to {high:g}"

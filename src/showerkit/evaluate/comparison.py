"""All measures of one sample against the reference, each with its bootstrap error."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.bootstrap import binned_sums, quadratic_error, replica_error
from showerkit.evaluate.distances import (
    binned_wasserstein,
    expected_separation,
    separation_noise,
    separation_power,
    wasserstein_replicas,
)
from showerkit.evaluate.histograms import histogram_edges, histogram_replicas
from showerkit.evaluate.hit_probability import HitProbabilityDistance, hit_probability_distance
from showerkit.evaluate.measurement import Measurement
from showerkit.evaluate.observables import OBSERVABLES, ObservableInfo
from showerkit.evaluate.response import response_curve
from showerkit.evaluate.result import Comparison

if TYPE_CHECKING:
    from collections.abc import Iterator

    from showerkit.evaluate.sample import Binning, SampleSummary
    from showerkit.typing import FloatArray


def observables_of(layers: int) -> tuple[ObservableInfo, ...]:
    """Observables that make sense for a number of layers."""
    return tuple(info for info in OBSERVABLES if layers > 1 or not info.needs_layers)


def compare(
    reference: SampleSummary, sample: SampleSummary, binning: Binning, histogram_bins: int, *, paired: bool
) -> Comparison:
    """Compute every measure of a sample against the reference.

    Parameters
    ----------
    reference, sample
        The two samples, with the same bins.
    binning
        Those bins.
    histogram_bins
        Number of bins of each observable's histogram.
    paired
        Whether both have the same incident particles.

    Returns
    -------
    Comparison
        The measures by name.
    """
    hits = hit_probability_distance(reference.hits, sample.hits, binning.energy_mev)
    masks = None
    measures = [*_hit_measures("hit_probability", "Hit probability", hits)]
    if sample.masks is not None:
        masks = hit_probability_distance(reference.hits, sample.masks, binning.energy_mev, smooth=True)
        measures += _hit_measures("mask_probability", "Mask probability", masks)
    measures += _response_measures(reference, sample, binning)
    measures += _mean_measures(reference, sample)
    layers = reference.layers.sums.shape[1]
    for info in observables_of(layers):
        measures += _distribution_measures(reference, sample, info, histogram_bins)
    measures += _spectrum_measures(reference, sample, binning)
    return Comparison(
        paired=paired,
        measures={measure.key: measure for measure in measures},
        hit_probability=hits,
        mask_probability=masks,
    )


def _hit_measures(key: str, label: str, distance: HitProbabilityDistance) -> Iterator[Measurement]:
    group = "Hit probability"
    yield Measurement(
        f"{key}.mse",
        f"{label} MSE, mean over energy bins",
        "",
        group,
        "squared",
        distance.mean,
        distance.mean_error,
        distance.mean_expected,
    )
    yield Measurement(
        f"{key}.mse_worst",
        f"{label} MSE, worst bin (candidate's at {distance.worst_energy_mev / 1000.0:.2f} GeV)",
        "",
        group,
        "squared",
        distance.worst,
        distance.worst_error,
        distance.worst_expected,
    )


def _shift(key: str, label: str, unit: str, group: str, replicas: FloatArray) -> Measurement:
    return Measurement(key, label, unit, group, "shift", float(replicas[0]), float(replica_error(replicas)))


def _response_measures(
    reference: SampleSummary, sample: SampleSummary, binning: Binning
) -> Iterator[Measurement]:
    """Relative shifts of response and resolution, averaged over the energy bins that both samples fill."""
    one, two = (
        response_curve(s.observables.incident_mev, s.observables.response, s.weights, binning.response_mev)
        for s in (reference, sample)
    )
    for key, label, first, second in (
        ("response", "Response, relative shift", one.response, two.response),
        ("resolution", "Resolution, relative shift", one.resolution, two.resolution),
    ):
        with np.errstate(invalid="ignore", divide="ignore"):
            shift = 100.0 * (second / first - 1.0)
        filled = np.isfinite(shift[0])
        mean = shift[:, filled].mean(axis=1) if filled.any() else np.full(len(shift), np.nan)
        yield _shift(f"{key}.shift", f"{label}, mean over energy bins", "%", "Response", mean)


def weighted_moments(sample: SampleSummary, key: str) -> tuple[FloatArray, FloatArray]:
    """Mean and standard deviation of an observable per replica, shapes (R,)."""
    values = sample.observables.values(key)
    bins = np.where(np.isfinite(values), 0, -1)
    middle = float(np.nanmean(values)) if (bins == 0).any() else 0.0
    shifted = np.nan_to_num(values - middle)
    with np.errstate(invalid="ignore", divide="ignore"):
        events = binned_sums(bins, 1, sample.weights)[:, 0]
        mean = binned_sums(bins, 1, sample.weights, shifted)[:, 0] / events
        square = binned_sums(bins, 1, sample.weights, shifted**2)[:, 0] / events
    return mean + middle, np.sqrt(np.maximum(square - mean**2, 0.0))


def _mean_measures(reference: SampleSummary, sample: SampleSummary) -> Iterator[Measurement]:
    """Shifts of means and spreads against the reference."""
    for key, axis in (("offset_x_mm", "x"), ("offset_y_mm", "y")):
        (mean_1, spread_1), (mean_2, spread_2) = (weighted_moments(s, key) for s in (reference, sample))
        yield _shift(
            f"centre_{axis}.bias",
            f"Shower centre {axis}, bias against the reference",
            "mm",
            "Centre",
            mean_2 - mean_1,
        )
        yield _shift(
            f"centre_{axis}.spread", f"Shower centre {axis}, spread", "mm", "Centre", spread_2 - spread_1
        )
    for key, label in (("hits", "Mean number of hit cells"), ("width_mm", "Mean lateral width")):
        mean_1, mean_2 = (weighted_moments(s, key)[0] for s in (reference, sample))
        with np.errstate(invalid="ignore", divide="ignore"):
            yield _shift(
                f"{key}.mean_shift",
                f"{label}, relative shift",
                "%",
                "Means",
                100.0 * (mean_2 / mean_1 - 1.0),
            )


def _distribution_measures(
    reference: SampleSummary, sample: SampleSummary, info: ObservableInfo, histogram_bins: int
) -> Iterator[Measurement]:
    first, second = reference.observables.values(info.key), sample.observables.values(info.key)
    edges = histogram_edges(first, histogram_bins, integer=info.integer)
    h1 = histogram_replicas(first, reference.weights, edges)
    h2 = histogram_replicas(second, sample.weights, edges)
    yield _separation(info.key, info.label, h1, h2)
    one, two = np.isfinite(first), np.isfinite(second)
    distance = wasserstein_replicas(first[one], second[two], reference.weights[one], sample.weights[two])
    yield _wasserstein(info.key, info.label, info.unit, distance)


def _spectrum_measures(
    reference: SampleSummary, sample: SampleSummary, binning: Binning
) -> Iterator[Measurement]:
    h1, h2 = reference.cells.sums, sample.cells.sums
    label = "Cell energy"
    separation = _separation("cell_energy", label, h1, h2)
    # Cells of one shower are not independent, so the formula for single values does not hold.
    yield replace(separation, expected=None)
    logarithm = np.log10(binning.profiles.cell_mev)
    yield _wasserstein("cell_energy", label, "decades", binned_wasserstein(h1, h2, logarithm))


def _separation(key: str, label: str, h1: FloatArray, h2: FloatArray) -> Measurement:
    n1, n2 = float(h1[0].sum()), float(h2[0].sum())
    in_use = int(((h1[0] + h2[0]) > 0).sum())
    return Measurement(
        f"separation.{key}",
        label,
        "",
        "Separation power",
        "squared",
        float(separation_power(h1, h2)[0]),
        float(quadratic_error(separation_power(h1, h2), separation_noise(h1, h2))),
        expected_separation(in_use, n1, n2) if n1 > 0 and n2 > 0 else None,
    )


def _wasserstein(key: str, label: str, unit: str, replicas: FloatArray) -> Measurement:
    return Measurement(
        f"wasserstein.{key}",
        label,
        unit,
        "Wasserstein distance",
        "distance",
        float(replicas[0]),
        float(replica_error(replicas)),
    )

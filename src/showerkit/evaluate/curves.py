"""What the report draws of one sample: histograms, profiles and energy dependences with errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.bootstrap import replica_error
from showerkit.evaluate.comparison import observables_of, weighted_moments
from showerkit.evaluate.histograms import histogram_edges, histogram_replicas
from showerkit.evaluate.measurement import Measurement
from showerkit.evaluate.response import response_curve
from showerkit.evaluate.result import Curve, SampleResult

if TYPE_CHECKING:
    from showerkit.evaluate.sample import Binning, SampleSummary
    from showerkit.typing import FloatArray


def sample_result(
    sample: SampleSummary, reference: SampleSummary, binning: Binning, histogram_bins: int
) -> SampleResult:
    """Reduce a sample to what the report shows.

    Parameters
    ----------
    sample
        The sample.
    reference
        The reference, whose values choose the histograms' bins.
    binning
        The shared bins.
    histogram_bins
        Number of bins of each observable's histogram.

    Returns
    -------
    SampleResult
        Curves by name: ``histogram.<observable>``, ``profile.<kind>``, ``energy.<dependence>``.
    """
    curves: dict[str, Curve] = {}
    for info in observables_of(sample.layers.sums.shape[1]):
        edges = histogram_edges(reference.observables.values(info.key), histogram_bins, integer=info.integer)
        contents = histogram_replicas(sample.observables.values(info.key), sample.weights, edges)
        with np.errstate(invalid="ignore", divide="ignore"):
            density = contents[:, 1:-1] / contents.sum(axis=1, keepdims=True) / np.diff(edges)
        curves[f"histogram.{info.key}"] = _curve(density, edges)
    bins = binning.profiles
    per_decade = np.diff(np.log10(bins.cell_mev))
    curves["profile.cells"] = _curve(sample.cells.mean / per_decade, bins.cell_mev)
    curves["profile.lateral_x"] = _curve(sample.lateral_x.mean, bins.x_mm)
    curves["profile.lateral_y"] = _curve(sample.lateral_y.mean, bins.y_mm)
    curves["profile.radial"] = _curve(sample.radial.mean, bins.radius_mm)
    curves["profile.longitudinal"] = _curve(
        sample.layers.mean, np.arange(sample.layers.sums.shape[1] + 1, dtype=np.float64) - 0.5
    )
    seen = sample.observables
    energy = seen.incident_mev
    response = response_curve(energy, seen.response, sample.weights, binning.response_mev)
    hits = response_curve(energy, seen.hits, sample.weights, binning.response_mev)
    for key, replicas in (
        ("response", response.response),
        ("resolution", response.resolution),
        ("hits", hits.response),
    ):
        curves[f"energy.{key}"] = Curve(response.energy_mev, None, replicas[0], replica_error(replicas))
    probability = sample.hits.probability()
    filled = sample.hits.events[0] > 0
    inside = float(sample.hits.events[0].sum())
    return SampleResult(
        facts=sample.facts,
        n_events=len(sample),
        n_empty=seen.n_empty,
        n_outside_energy=len(sample) - int(inside),
        curves=curves,
        numbers=_numbers(sample),
        hit_probability=np.where(filled[:, None], probability, np.nan),
        mask_probability=None if sample.masks is None else sample.masks.probability(),
    )


def _curve(replicas: FloatArray, edges: FloatArray) -> Curve:
    return Curve(0.5 * (edges[1:] + edges[:-1]), edges, replicas[0], replica_error(replicas))


def _numbers(sample: SampleSummary) -> dict[str, Measurement]:
    """Means and spreads of the sample alone."""
    numbers = {}
    for key, label, unit in (
        ("response", "Deposited over incident energy", ""),
        ("hits", "Number of hit cells", "cells"),
        ("hottest_share", "Share of the hottest cell", ""),
        ("offset_x_mm", "Shower centre minus entry point, x", "mm"),
        ("offset_y_mm", "Shower centre minus entry point, y", "mm"),
        ("width_mm", "Lateral width (RMS)", "mm"),
    ):
        for name, replicas in zip(("mean", "spread"), weighted_moments(sample, key), strict=True):
            error = float(replica_error(replicas))
            numbers[f"{key}.{name}"] = Measurement(
                f"{key}.{name}", f"{label}, {name}", unit, "Sample", "shift", float(replicas[0]), error
            )
    return numbers

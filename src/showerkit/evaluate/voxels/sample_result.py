"""What a report shows of one sample of showers on voxels: histograms, mean deposits and means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.bootstrap import BootstrapWeights, replica_error
from showerkit.evaluate.measurement import Measurement
from showerkit.evaluate.result import Curve
from showerkit.evaluate.voxels.histograms import BLOCKS, blocks_of
from showerkit.evaluate.voxels.result import VoxelSampleResult

if TYPE_CHECKING:
    from showerkit.evaluate.voxels.histograms import VoxelHistogram
    from showerkit.evaluate.voxels.result import VoxelFacts
    from showerkit.evaluate.voxels.sample_pass import VoxelSummary
    from showerkit.geometry.voxels import VoxelGeometry
    from showerkit.typing import FloatArray

_GROUP = "Means"


def sample_result(
    facts: VoxelFacts,
    summary: VoxelSummary,
    geometry: VoxelGeometry,
    shown: list[VoxelHistogram],
    counts: dict[str, FloatArray],
    *,
    replicas: int,
    seed: int,
) -> VoxelSampleResult:
    """Prepare one sample for the report.

    Parameters
    ----------
    facts
        Where it comes from.
    summary
        The sample after its pass.
    geometry
        The voxels.
    shown
        Histograms to keep.
    counts
        Contents of the histograms by key, shape (BLOCKS, bins).
    replicas, seed
        Number of bootstrap replicas, and their seed.

    Returns
    -------
    VoxelSampleResult
        What the report shows.
    """
    weights = BootstrapWeights(seed, replicas).rows(0, BLOCKS).T.astype(np.float64)
    curves = {histogram.key: _curve(histogram, weights @ counts[histogram.key]) for histogram in shown}
    starts = geometry.starts
    of_layer = np.add.reduceat(summary.voxel_sums, starts[:-1], axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        layer_means = (weights @ of_layer) / (weights @ summary.block_showers)[:, None]
    edges = np.arange(len(starts), dtype=np.float64) - 0.5
    curves["layers"] = Curve(
        0.5 * (edges[1:] + edges[:-1]),
        edges,
        layer_means[0],
        replica_error(layer_means),
    )
    mean = summary.voxel_sums.sum(axis=0) / len(summary)
    rings = tuple(
        mean[start : start + layer.voxels].reshape(layer.angular_bins, layer.rings).sum(axis=0)
        for start, layer in zip(starts[:-1], geometry.each_layer, strict=True)
    )
    return VoxelSampleResult(
        facts=facts,
        n_events=len(summary),
        n_empty=summary.empty,
        n_below=summary.below,
        energy_mev=(float(summary.incident_mev.min()), float(summary.incident_mev.max())),
        curves=curves,
        numbers=_numbers(summary),
        rings=rings,
    )


def response_shift(
    reference: VoxelSummary, candidate: VoxelSummary, *, replicas: int, seed: int
) -> Measurement:
    """Relative difference of the mean responses (total over incident energy), in per cent."""
    weights = BootstrapWeights(seed, replicas).rows(0, BLOCKS).T.astype(np.float64)
    means = []
    for one in (reference, candidate):
        sums = np.bincount(blocks_of(len(one)), weights=one.observables.response, minlength=BLOCKS)
        with np.errstate(invalid="ignore", divide="ignore"):
            means.append((weights @ sums) / (weights @ np.bincount(blocks_of(len(one)), minlength=BLOCKS)))
    with np.errstate(invalid="ignore", divide="ignore"):
        shift = 100.0 * (means[1] / means[0] - 1.0)
    return Measurement(
        "response.shift",
        "Mean response, shift",
        "%",
        "Response",
        "shift",
        float(shift[0]),
        float(replica_error(shift)),
        0.0,
    )


def _curve(histogram: VoxelHistogram, replicas: FloatArray) -> Curve:
    edges = histogram.edges
    with np.errstate(invalid="ignore", divide="ignore"):
        density = replicas / replicas.sum(axis=1, keepdims=True) / np.diff(edges)
    density = np.nan_to_num(density)
    return Curve(0.5 * (edges[1:] + edges[:-1]), edges, density[0], replica_error(density))


def _numbers(summary: VoxelSummary) -> dict[str, Measurement]:
    found = summary.observables
    columns = {
        "response": ("Total over incident energy", "", found.response),
        "total_mev": ("Total deposit", "MeV", found.total),
        "sparsity": ("Sparsity, mean over the layers", "", found.groups["sparsity"].mean(axis=1)),
    }
    numbers = {}
    for key, (label, unit, values) in columns.items():
        n = len(values)
        error = float(values.std(ddof=1) / np.sqrt(n)) if n > 1 else float("nan")
        numbers[key] = Measurement(key, label, unit, _GROUP, "level", float(values.mean()), error)
    return numbers

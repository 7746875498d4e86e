"""Separation powers of all histograms of two samples, with errors by a bootstrap over blocks of showers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.bootstrap import BootstrapWeights, quadratic_error
from showerkit.evaluate.distances import expected_separation, separation_noise, separation_power
from showerkit.evaluate.equivalent_size import EquivalentSize, equivalent_size
from showerkit.evaluate.measurement import Measurement
from showerkit.evaluate.voxels.histograms import BLOCKS, GROUPS, VOXEL_ENERGY

if TYPE_CHECKING:
    from showerkit.evaluate.voxels.histograms import VoxelHistogram
    from showerkit.typing import FloatArray


@dataclass(frozen=True)
class Separation:
    """The separation power of one histogram.

    Parameters
    ----------
    key, label, group
        The histogram's.
    layer
        The layer's number; None for what is of the whole shower.
    value, error
        Separation power and its standard error; NaN where a sample fills no bin.
    expected
        What statistics alone would give; NaN for energies of voxels, which are not independent.
    reference_inside, candidate_inside
        Number of entries within the edges.
    """

    key: str
    label: str
    group: str
    layer: int | None
    value: float
    error: float
    expected: float
    reference_inside: int
    candidate_inside: int


@dataclass(frozen=True, eq=False)
class Separations:
    """All separation powers of a candidate.

    Parameters
    ----------
    each
        Of every histogram, by key.
    measures
        Mean over the layers and the largest of each group.
    equivalent
        Number of showers of the full simulation with the same deviation.
    """

    each: dict[str, Separation]
    measures: list[Measurement]
    equivalent: EquivalentSize


def separations(
    histograms: list[VoxelHistogram],
    reference: dict[str, FloatArray],
    candidate: dict[str, FloatArray],
    *,
    replicas: int,
    seed: int,
) -> Separations:
    """Compare two samples' histograms.

    Blocks of showers, dealt in turn, are drawn with Poisson(1) weights; blocks of the same place share
    their weights in both samples, so that samples of the same incident particles fluctuate together.

    Parameters
    ----------
    histograms
        Their bins.
    reference, candidate
        Contents by key, shape (BLOCKS, bins).
    replicas
        Number of bootstrap replicas.
    seed
        Its seed.

    Returns
    -------
    Separations
        Every separation power, and the measures made of them.
    """
    weights = BootstrapWeights(seed, replicas).rows(0, BLOCKS).T.astype(np.float64)
    each: dict[str, Separation] = {}
    values: dict[str, FloatArray] = {}
    noises: dict[str, FloatArray] = {}
    for histogram in histograms:
        one, two = reference[histogram.key], candidate[histogram.key]
        first, second = weights @ one, weights @ two
        values[histogram.key] = separation_power(first, second)
        noises[histogram.key] = separation_noise(first, second)
        each[histogram.key] = _separation(histogram, one, two, values[histogram.key], noises[histogram.key])
    shown = [key for key, found in each.items() if np.isfinite(found.value)]
    measures: list[Measurement] = []
    for group, (label, _, _) in GROUPS.items():
        keys = [key for key in shown if each[key].group == group]
        if keys:
            measures += _of_group(group, label, [each[key] for key in keys], values, noises)
    single = [key for key in shown if each[key].group != VOXEL_ENERGY]
    total_error = quadratic_error(
        np.sum([values[key] for key in single], axis=0), np.sum([noises[key] for key in single], axis=0)
    )
    equivalent = equivalent_size(
        [reference[key].sum(axis=0) for key in single],
        [candidate[key].sum(axis=0) for key in single],
        float(np.nan_to_num(total_error)),
    )
    return Separations(each, measures, equivalent)


def _separation(
    histogram: VoxelHistogram, one: FloatArray, two: FloatArray, values: FloatArray, noise: FloatArray
) -> Separation:
    first, second = one.sum(axis=0), two.sum(axis=0)
    n_1, n_2 = int(first.sum()), int(second.sum())
    in_use = int(((first + second) > 0.0).sum())
    independent = histogram.group != VOXEL_ENERGY and n_1 > 0 and n_2 > 0
    return Separation(
        key=histogram.key,
        label=histogram.label,
        group=histogram.group,
        layer=histogram.layer,
        value=float(values[0]),
        error=float(quadratic_error(values, noise)),
        expected=expected_separation(in_use, n_1, n_2) if independent else float("nan"),
        reference_inside=n_1,
        candidate_inside=n_2,
    )


def _of_group(
    group: str,
    label: str,
    found: list[Separation],
    values: dict[str, FloatArray],
    noises: dict[str, FloatArray],
) -> list[Measurement]:
    title = "Separation powers of the CaloChallenge"
    mean = np.mean([values[one.key] for one in found], axis=0)
    noise = np.mean([noises[one.key] for one in found], axis=0)
    expected = float(np.mean([one.expected for one in found]))
    known = expected if np.isfinite(expected) else None
    error = float(quadratic_error(mean, noise))
    name = f"separation.{group}"
    if len(found) == 1:
        return [Measurement(name, label, "", title, "squared", float(mean[0]), error, known)]
    worst = max(found, key=lambda one: one.value)
    several = "mean over the layers" if worst.layer is not None else "mean over all and windows of energy"
    return [
        Measurement(
            f"{name}.mean", f"{label}, {several}", "", title, "squared", float(mean[0]), error, known
        ),
        Measurement(f"{name}.largest", f"{label}, largest", "", title, "squared", worst.value, worst.error),
    ]

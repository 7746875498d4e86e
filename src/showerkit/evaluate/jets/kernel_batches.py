"""Kernel physics distance as JetNet defines it: median and spread over bootstrap batches."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.evaluate.jets.batches import drawn_pair
from showerkit.evaluate.two_samples import scaled, two_samples
from showerkit.rng import generator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from showerkit.typing import FloatArray

_ROWS = 256  # rows of the kernel held at once
#: Percentiles between which 67.45 % lie, twice 0.67 standard deviations of a Gaussian, as in JetNet.
_SPREAD = (16.275, 83.725)


@dataclass(frozen=True)
class BatchedKernelDistance:
    """A kernel distance over batches.

    Parameters
    ----------
    value, error
        Median, and half the distance of the 16.275 and 83.725 percentiles.
    batch_values
        The squared maximum mean discrepancy of every batch.
    batch_jets
        Size of the batches.
    reference_jets, candidate_jets
        Sizes of the samples that batches are drawn from.
    """

    value: float
    error: float
    batch_values: tuple[float, ...]
    batch_jets: int
    reference_jets: int
    candidate_jets: int

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON knows."""
        return asdict(self)


def polynomial_mmd(reference: FloatArray, candidate: FloatArray) -> float:
    r"""Unbiased squared maximum mean discrepancy with the polynomial kernel of degree 4.

    .. math::
        \mathrm{MMD}^2 = \langle k(x, x') \rangle_{x \neq x'} + \langle k(y, y') \rangle_{y \neq y'}
        - 2 \langle k(x, y) \rangle, \qquad k(x, y) = (x \cdot y / d + 1)^4

    Parameters
    ----------
    reference, candidate
        Features, shapes (N, d) and (M, d), at least two rows each.

    Returns
    -------
    float
        The discrepancy, which may be below 0 for samples of one law.

    Examples
    --------
    Samples at 0 and at 1: the kernel is 1, 16 and 1.

    >>> polynomial_mmd(np.zeros((2, 1)), np.ones((2, 1)))
    15.0
    """
    one, two = _augmented(reference), _augmented(candidate)
    n, m = len(one), len(two)
    return float(
        _sum_of_pairs(one) / (n * (n - 1.0))
        + _sum_of_pairs(two) / (m * (m - 1.0))
        - 2.0 * sum(_fourth_power(one[i : i + _ROWS] @ two.T) for i in range(0, n, _ROWS)) / (n * m)
    )


def _augmented(table: FloatArray) -> FloatArray:
    """Add a column of ones, so that a product of rows is x . y / d + 1."""
    return np.concatenate([table / np.sqrt(table.shape[1]), np.ones((len(table), 1))], axis=1)


def _fourth_power(kernel: FloatArray) -> float:
    """Sum of the fourth powers; overwrites its argument."""
    np.square(kernel, out=kernel)
    return float(np.vdot(kernel, kernel))


def _sum_of_pairs(table: FloatArray) -> float:
    """Sum of the kernel over all ordered pairs of different rows, each pair evaluated once."""
    total = 0.0
    for start in range(0, len(table), _ROWS):
        rows = table[start : start + _ROWS]
        total += 2.0 * _fourth_power(rows @ table[start + len(rows) :].T)
        own = rows @ rows.T
        np.fill_diagonal(own, 0.0)
        total += _fourth_power(own)
    return total


def batched_kernel_distance(
    reference: ArrayLike,
    candidate: ArrayLike,
    *,
    batch_jets: int = 5_000,
    batches: int = 10,
    seed: int = 1,
    randoms: Sequence[np.random.Generator] | None = None,
) -> BatchedKernelDistance:
    """Kernel distance of features of jets, as JetNet's KPD: the median over batches.

    Each feature is divided by its largest magnitude in the reference; batches are drawn with replacement.
    Source: R. Kansal et al., Phys. Rev. D 107 (2023) 076017, arXiv:2211.10295, and JetNet. A jet that is
    drawn twice counts as a pair, which leaves a bias of the order of the kernel's spread over the number of
    jets; `kernel_physics_distance` is without it.

    Parameters
    ----------
    reference, candidate
        Features, shapes (N, features) and (M, features), such as `energy_flow_polynomials`.
    batch_jets, batches
        Size and number of batches.
    seed
        Seed of the batches.
    randoms
        Draw each batch from one of these generators instead; their number is the number of batches.

    Returns
    -------
    BatchedKernelDistance
        Median and spread.

    Raises
    ------
    DataError
        If a sample is no finite table, or their numbers of features differ.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> a, b = random.uniform(size=(2000, 2)), random.uniform(size=(2000, 2)) + 1.0
    >>> kpd = batched_kernel_distance(a, b, batch_jets=500)
    >>> kpd.value > 3 * kpd.error
    True
    """
    first, second = scaled(*two_samples(reference, candidate), "largest")
    if randoms is None:
        randoms = [generator(seed, "jet kernel", batch) for batch in range(batches)]
    values = []
    for random in randoms:
        one, two = drawn_pair(len(first), len(second), batch_jets, random)
        values.append(polynomial_mmd(first[one], second[two]))
    low, high = np.percentile(values, _SPREAD)
    return BatchedKernelDistance(
        float(np.median(values)), float(high - low) / 2.0, tuple(values), batch_jets, len(first), len(second)
    )

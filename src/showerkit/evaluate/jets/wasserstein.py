"""Wasserstein distances of jet features, mean and spread over batches as JetNet quotes them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.errors import DataError
from showerkit.evaluate.jets.batches import multiplicities
from showerkit.evaluate.two_samples import two_samples
from showerkit.rng import generator

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from showerkit.typing import BoolArray, FloatArray

_BLOCK = 1 << 15  # values at once: they stay in a processor's cache


@dataclass(frozen=True)
class BatchedWasserstein:
    """Wasserstein distances of some features over batches.

    Parameters
    ----------
    value, error
        Mean over the features, and its standard deviation over the batches.
    features
        Names of the features.
    values, errors
        Mean and standard deviation over the batches for each feature, as JetNet returns them.
    reference_jets, candidate_jets
        Sizes of the samples that batches are drawn from.
    batch_jets, batches
        Size and number of the batches.
    """

    value: float
    error: float
    features: tuple[str, ...]
    values: tuple[float, ...]
    errors: tuple[float, ...]
    reference_jets: int
    candidate_jets: int
    batch_jets: int
    batches: int

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON knows."""
        return asdict(self)


def jet_wasserstein(
    reference: ArrayLike,
    candidate: ArrayLike,
    *,
    features: tuple[str, ...],
    batch_jets: int = 50_000,
    batches: int = 5,
    seed: int = 1,
    random: np.random.Generator | None = None,
) -> BatchedWasserstein:
    r"""Wasserstein distance of features of jets (W1M of their mass, W1EFP of five polynomials).

    .. math:: W_1 = \int |F_\mathrm{ref}(x) - F_\mathrm{cand}(x)|\, dx

    over batches that are drawn with replacement. Source: R. Kansal et al., arXiv:2106.11535, and JetNet. The
    samples are sorted once, and a batch is a weight for each jet.

    Parameters
    ----------
    reference, candidate
        Features, shapes (N, features) and (M, features), or (N,) and (M,) for one.
    features
        Their names.
    batch_jets, batches
        Size and number of batches.
    seed
        Seed of the batches.
    random
        Draw the batches from this generator instead.

    Returns
    -------
    BatchedWasserstein
        Distances in the features' unit.

    Raises
    ------
    DataError
        If a sample is no finite table, or their numbers of features differ.

    Examples
    --------
    >>> mass = np.random.default_rng(1).normal(size=5000)
    >>> w1m = jet_wasserstein(mass, mass + 0.5, features=("mass",), batch_jets=5000)
    >>> bool(abs(w1m.value - 0.5) < 0.1)
    True
    """
    one, two = two_samples(reference, candidate)
    return _over_batches(
        [(one[:, i], two[:, i]) for i in range(one.shape[1])],
        (np.arange(len(one)), np.arange(len(two))),
        (len(one), len(two)),
        features,
        (batch_jets, batches),
        random or generator(seed, "jet wasserstein"),
    )


def particle_wasserstein(
    reference: ArrayLike,
    candidate: ArrayLike,
    reference_mask: ArrayLike,
    candidate_mask: ArrayLike,
    *,
    features: tuple[str, ...] = ("eta_rel", "phi_rel", "pt_rel"),
    batch_jets: int = 50_000,
    batches: int = 5,
    seed: int = 1,
    random: np.random.Generator | None = None,
) -> BatchedWasserstein:
    """Wasserstein distance of the features of all particles in the jets of a batch (W1P).

    A batch draws jets, and all their particles count alike. Source: R. Kansal et al., arXiv:2106.11535, and
    JetNet.

    Parameters
    ----------
    reference, candidate
        Particles, shapes (N, P, features) and (M, P', features).
    reference_mask, candidate_mask
        Where there are particles, shapes (N, P) and (M, P').
    features
        Names of the features.
    batch_jets, batches
        Size and number of batches.
    seed
        Seed of the batches.
    random
        Draw the batches from this generator instead.

    Returns
    -------
    BatchedWasserstein
        Distances in the features' unit; NaN if a batch has no particle.

    Raises
    ------
    DataError
        If a sample has no particle or one that is not finite, or the numbers of features differ.

    Examples
    --------
    >>> random = np.random.default_rng(1)
    >>> jets, mask = random.normal(size=(2000, 5, 3)), np.ones((2000, 5), dtype=bool)
    >>> w1p = particle_wasserstein(jets, jets + [0.5, 0.0, 0.0], mask, mask, batch_jets=2000)
    >>> [round(value, 1) for value in w1p.values]
    [0.5, 0.0, 0.0]
    """
    clouds = [np.asarray(cloud) for cloud in (reference, candidate)]
    masks = [np.asarray(mask, dtype=np.bool_) for mask in (reference_mask, candidate_mask)]
    for name, cloud, mask in zip(("reference", "candidate"), clouds, masks, strict=True):
        _check_particles(name, cloud, mask, len(features))
    owners = [np.nonzero(mask)[0] for mask in masks]
    kept = [cloud[mask] for cloud, mask in zip(clouds, masks, strict=True)]
    return _over_batches(
        [(kept[0][:, i], kept[1][:, i]) for i in range(len(features))],
        (owners[0], owners[1]),
        (len(clouds[0]), len(clouds[1])),
        features,
        (batch_jets, batches),
        random or generator(seed, "particle wasserstein"),
    )


def _check_particles(name: str, cloud: NDArray[Any], mask: BoolArray, features: int) -> None:
    if cloud.ndim != 3 or cloud.shape[2] != features or mask.shape != cloud.shape[:2]:
        raise DataError(
            name,
            got=f"shapes {cloud.shape} and {mask.shape}",
            expected=f"particles (jets, particles, {features}) and a mask (jets, particles)",
        )
    if not mask.any():
        raise DataError(name, got="no particle", expected="at least one", mend="check the mask")
    if not np.isfinite(cloud[mask]).all():
        raise DataError(name, got="NaN or infinity", expected="finite particles")


def _over_batches(
    columns: list[tuple[NDArray[Any], NDArray[Any]]],
    owners: tuple[NDArray[np.int64], NDArray[np.int64]],
    jets: tuple[int, int],
    features: tuple[str, ...],
    settings: tuple[int, int],
    random: np.random.Generator,
) -> BatchedWasserstein:
    """Weigh each value by how often its jet is drawn."""
    if len(features) != len(columns):
        raise DataError("features", got=f"{len(features)} names", expected=f"{len(columns)}, one a feature")
    batch_jets, batches = settings
    counts = multiplicities(*jets, [batch_jets] * batches, random)
    found: FloatArray = np.stack([_weighted(one, two, owners, counts) for one, two in columns])
    mean = found.mean(axis=0)
    return BatchedWasserstein(
        value=float(mean.mean()),
        error=float(mean.std()),
        features=features,
        values=tuple(found.mean(axis=1).tolist()),
        errors=tuple(found.std(axis=1).tolist()),
        reference_jets=jets[0],
        candidate_jets=jets[1],
        batch_jets=batch_jets,
        batches=batches,
    )


def _weighted(
    one: NDArray[Any],
    two: NDArray[Any],
    owners: tuple[NDArray[np.int64], NDArray[np.int64]],
    counts: tuple[NDArray[np.int32], NDArray[np.int32]],
) -> FloatArray:
    """Distance for every batch, shape (batches,), in one pass over the sorted values of both samples."""
    pooled = np.concatenate([one, two])
    order = np.argsort(pooled)
    steps = np.diff(pooled[order].astype(np.float64))
    owner = np.concatenate([owners[0], owners[1] + counts[0].shape[1]])[order[:-1]]
    totals = [c @ np.bincount(own, minlength=c.shape[1]) for c, own in zip(counts, owners, strict=True)]
    found = np.full(len(counts[0]), np.nan)
    for batch in np.flatnonzero((totals[0] > 0) & (totals[1] > 0)):
        share = np.concatenate([counts[0][batch] / totals[0][batch], -counts[1][batch] / totals[1][batch]])
        difference = distance = 0.0
        for start in range(0, len(owner), _BLOCK):
            part = slice(start, start + _BLOCK)
            between = share.take(owner[part])
            between[0] += difference
            np.cumsum(between, out=between)
            difference = float(between[-1])
            distance += float(np.abs(between, out=between) @ steps[part])
        found[batch] = distance
    return found

"""Coverage and minimum matching distance of jets by the energy mover's distance."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.evaluate.jets.batches import drawn_pair
from showerkit.evaluate.jets.energy_mover import optimal_transport
from showerkit.evaluate.jets.nearest_jets import distances_to_nearest
from showerkit.evaluate.jets.particle_cloud import particle_cloud
from showerkit.rng import generator

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Coverage:
    """Coverage and minimum matching distance over batches.

    Parameters
    ----------
    coverage, coverage_error
        Share of the reference's jets that are nearest to some candidate; mean over the batches and its
        standard error.
    matching_distance, matching_distance_error
        Mean distance of a reference jet to the nearest candidate, and its standard error.
    batch_jets, batches
        Jets of each sample in a batch, and number of batches.
    solved_share
        Share of the pairs whose distance had to be solved; bounds told the others to be farther.
    """

    coverage: float
    coverage_error: float
    matching_distance: float
    matching_distance_error: float
    batch_jets: int
    batches: int
    solved_share: float

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON knows."""
        return asdict(self)


def coverage_and_matching(
    reference: ArrayLike,
    candidate: ArrayLike,
    reference_mask: ArrayLike | None = None,
    candidate_mask: ArrayLike | None = None,
    *,
    batch_jets: int = 100,
    batches: int = 10,
    seed: int = 1,
    random: np.random.Generator | None = None,
) -> Coverage:
    r"""Coverage (COV) and minimum matching distance (MMD) as JetNet computes them.

    .. math:: \mathrm{COV} = \frac{|\{\mathrm{argmin}_{x} D(x, y) : y\}|}{n}, \qquad
        \mathrm{MMD} = \frac1n \sum_x \min_y D(x, y)

    with x a reference jet, y a candidate and D the energy mover's distance, over batches of n jets each that
    are drawn with replacement. Sources: R. Kansal et al., arXiv:2106.11535; P. Achlioptas et al.,
    arXiv:1707.02392. Distances are exact; only pairs that can be nearest by a bound are solved.

    Parameters
    ----------
    reference, candidate
        eta, phi and pT of each particle, shapes (N, P, 3) and (M, P', 3).
    reference_mask, candidate_mask
        Where there is a particle; None: where pT is above 0.
    batch_jets, batches
        Jets of either sample in a batch, and number of batches.
    seed
        Seed of the batches.
    random
        Draw the batches from this generator instead.

    Returns
    -------
    Coverage
        Means over the batches with their errors.

    Raises
    ------
    DataError
        If a shape is wrong, a value is not finite or a transverse momentum is negative.
    MissingDependencyError
        If POT is not installed (the extra "jets").
    """
    ot = optimal_transport()
    one = particle_cloud(reference, reference_mask, name="reference")[0]
    two = particle_cloud(candidate, candidate_mask, name="candidate")[0]
    random = random or generator(seed, "jet coverage")
    covered, matching, n_solved = np.empty(batches), np.empty(batches), 0
    for batch in range(batches):
        rows, columns = drawn_pair(len(one), len(two), batch_jets, random)
        distances, exact = distances_to_nearest(one[rows], two[columns], ot)
        covered[batch] = len(np.unique(distances.argmin(axis=0))) / batch_jets
        matching[batch] = distances.min(axis=1).mean()
        n_solved += int(np.count_nonzero(exact))
    root = np.sqrt(batches)
    return Coverage(
        float(covered.mean()),
        float(covered.std() / root),
        float(matching.mean()),
        float(matching.std() / root),
        batch_jets,
        batches,
        n_solved / (batches * batch_jets**2),
    )

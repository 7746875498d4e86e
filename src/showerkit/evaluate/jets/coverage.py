"""Coverage and minimum matching distance of jets by the energy mover's distance."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.evaluate.jets.batches import drawn_pair
from showerkit.evaluate.jets.energy_mover import distance_bounds, optimal_transport, solved
from showerkit.evaluate.jets.particle_cloud import particle_cloud
from showerkit.rng import generator

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from showerkit.typing import FloatArray

_ROUNDING = 1e-12


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
        distances = _Distances(one[rows], two[columns], lambda x, y: solved(x, y, ot))
        nearest_reference = [distances.nearest(column, of_candidate=True)[0] for column in range(batch_jets)]
        covered[batch] = len(set(nearest_reference)) / batch_jets
        matching[batch] = np.mean(
            [distances.nearest(row, of_candidate=False)[1] for row in range(batch_jets)]
        )
        n_solved += distances.n_solved
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


class _Distances:
    """Distances of all pairs of two sets of jets, each solved when it is first asked for."""

    def __init__(
        self, one: FloatArray, two: FloatArray, solve: Callable[[FloatArray, FloatArray], float]
    ) -> None:
        self._jets = one, two
        self._solve = solve
        self._bound = distance_bounds(one, two)
        self._distance = np.full(self._bound.shape, np.nan)

    @property
    def n_solved(self) -> int:
        return int(np.count_nonzero(~np.isnan(self._distance)))

    def _of(self, row: int, column: int) -> float:
        if np.isnan(self._distance[row, column]):
            self._distance[row, column] = self._solve(self._jets[0][row], self._jets[1][column])
        return float(self._distance[row, column])

    def nearest(self, place: int, *, of_candidate: bool) -> tuple[int, float]:
        """Place and distance of the reference jet nearest to a candidate, or the other way round."""
        bounds = self._bound[:, place] if of_candidate else self._bound[place]
        best, found = np.inf, 0
        for other in np.argsort(bounds, kind="stable").tolist():
            if bounds[other] > best + _ROUNDING:
                break
            distance = self._of(other, place) if of_candidate else self._of(place, other)
            if distance < best:
                best, found = distance, other
        return found, best

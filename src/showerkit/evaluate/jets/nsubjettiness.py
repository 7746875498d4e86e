"""N-subjettiness: how well the particles of a jet gather about one, two or three axes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.evaluate.jets.kt_clusters import KtClusters, squared_angle
from showerkit.evaluate.jets.particle_cloud import particle_cloud

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from showerkit.typing import FloatArray

MOST_AXES: Final = 3
_CHUNK = 1 << 18  # pair distances held at once: 2 MiB


def n_subjettiness(particles: ArrayLike, mask: ArrayLike | None = None, *, radius: float = 0.8) -> FloatArray:
    r"""Evaluate tau_1, tau_2 and tau_3 of jets with beta = 1.

    .. math:: \tau_N = \frac{\sum_i p_{Ti} \min_{k \le N} \Delta R_{ik}}{R_0 \sum_i p_{Ti}}

    The N axes are those of exclusive kT clustering, where the harder of two particles gives their direction
    (the winner takes all). Sources: J. Thaler and K. Van Tilburg, JHEP 03 (2011) 015, arXiv:1011.2268; axes
    of A. Larkoski, D. Neill and J. Thaler, JHEP 04 (2014) 017, arXiv:1401.2158. All jets are clustered at
    once, a merging at a time, in chunks of bounded memory.

    Parameters
    ----------
    particles
        eta, phi and pT of each particle, shape (N, P, 3).
    mask
        Where there is a particle, shape (N, P); None: where pT is above 0.
    radius
        The jets' radius R_0.

    Returns
    -------
    numpy.ndarray
        tau_1, tau_2 and tau_3, shape (N, 3): 0 where a jet has no more particles than axes.

    Raises
    ------
    DataError
        If a shape is wrong, a value is not finite or a transverse momentum is negative.

    Examples
    --------
    Of two particles, the softer one is at 0.4 from the only axis and on the second:

    >>> tau = n_subjettiness([[[0.0, 0.0, 0.75], [0.4, 0.0, 0.25]]], radius=0.8)
    >>> tau.round(6).tolist()
    [[0.125, 0.0, 0.0]]
    """
    cloud, _ = particle_cloud(particles, mask)
    tau = np.empty((len(cloud), MOST_AXES))
    step = max(1, _CHUNK // cloud.shape[1] ** 2)
    for start in range(0, len(cloud), step):
        part = slice(start, start + step)
        tau[part] = _tau(cloud[part], radius)
    return tau


def subjettiness_ratios(tau: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Ratios tau_21 and tau_32, shapes (N,); 0 where the divisor is 0, as for a jet of one particle.

    Examples
    --------
    >>> tau21, tau32 = subjettiness_ratios(np.array([[0.2, 0.1, 0.05], [0.1, 0.0, 0.0]]))
    >>> tau21.tolist(), tau32.tolist()
    ([0.5, 0.0], [0.5, 0.0])
    """
    below, above = tau[:, :-1], tau[:, 1:]
    ratio = np.divide(above, below, out=np.zeros_like(above), where=below > 0.0)
    return ratio[:, 0], ratio[:, 1]


def _tau(cloud: FloatArray, radius: float) -> FloatArray:
    """Evaluate a chunk, shape (n, 3)."""
    pt = cloud[..., 2]
    total = pt.sum(axis=1)
    divisor = np.where(total > 0.0, radius * total, 1.0)
    clusters = KtClusters(cloud)
    tau = np.empty((len(cloud), MOST_AXES))
    for axes in range(MOST_AXES, 0, -1):
        clusters.merge_to(axes)
        squared = squared_angle(cloud[:, :, None, :], clusters.hardest(axes)[:, None, :, :]).min(axis=2)
        nearest = np.sqrt(squared, out=np.zeros_like(squared), where=pt > 0.0)
        tau[:, axes - 1] = (pt * nearest).sum(axis=1) / divisor
    return tau

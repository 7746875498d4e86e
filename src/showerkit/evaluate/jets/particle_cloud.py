"""What every jet observable asks of its input: particles (eta, phi, pT) with a mask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from showerkit.typing import BoolArray, FloatArray

#: Jets handled at once: their pair distances stay in a processor's cache.
CHUNK_JETS = 256


def particle_cloud(
    particles: ArrayLike, mask: ArrayLike | None = None, *, name: str = "particles"
) -> tuple[FloatArray, BoolArray]:
    """Check particles of jets, and set to zero what is masked.

    Parameters
    ----------
    particles
        eta, phi and pT of each particle, shape (N, P, 3): relative to the jet as in `Jets.particles`, or
        absolute.
    mask
        Where there is a particle, shape (N, P); None: where pT is above 0. A particle of no pT is none.
    name
        What to call the array in an error.

    Returns
    -------
    tuple of numpy.ndarray
        Particles in double precision, zeros where the mask is False, shape (N, P, 3), and the mask.

    Raises
    ------
    DataError
        If a shape is wrong, a value is not finite, or a transverse momentum is negative.

    Examples
    --------
    >>> cloud, mask = particle_cloud([[[0.1, 0.2, 1.0], [9.0, 9.0, 9.0]]], [[True, False]])
    >>> cloud[0, 1].tolist(), mask.tolist()
    ([0.0, 0.0, 0.0], [[True, False]])
    """
    cloud = np.array(particles, dtype=np.float64)
    if cloud.ndim != 3 or cloud.shape[2] != 3 or cloud.shape[1] == 0:
        raise DataError(name, got=f"shape {cloud.shape}", expected="shape (jets, particles, 3)")
    kept = cloud[..., 2] != 0.0 if mask is None else np.asarray(mask, dtype=np.bool_)
    if kept.shape != cloud.shape[:2]:
        raise DataError("mask", got=f"shape {kept.shape}", expected=f"shape {cloud.shape[:2]}")
    cloud[~kept] = 0.0
    if not np.isfinite(cloud).all():
        bad = np.argwhere(~np.isfinite(cloud))[0].tolist()
        raise DataError(f"{name}{bad}", got="NaN or infinity", expected="finite values")
    if (cloud[..., 2] < 0.0).any():
        jet, place = np.argwhere(cloud[..., 2] < 0.0)[0].tolist()
        raise DataError(
            f"{name}[{jet}, {place}]",
            got=f"a transverse momentum of {cloud[jet, place, 2]:.3g}",
            expected="a value >= 0",
            mend="mask the particle out or clip its transverse momentum at 0",
        )
    return cloud, kept & (cloud[..., 2] > 0.0)

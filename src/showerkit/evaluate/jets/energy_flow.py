"""Energy flow polynomials of jets, a basis of their infrared- and collinear-safe observables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.jets.flow_graphs import CONNECTED, DISCONNECTED, W1_COLUMNS
from showerkit.evaluate.jets.particle_cloud import CHUNK_JETS, particle_cloud

if TYPE_CHECKING:
    import torch
    from numpy.typing import ArrayLike

    from showerkit.typing import FloatArray


def energy_flow_polynomials(particles: ArrayLike, mask: ArrayLike | None = None) -> FloatArray:
    r"""Evaluate the 36 energy flow polynomials with at most four edges.

    .. math:: \mathrm{EFP}_G = \sum_{i_1} \cdots \sum_{i_n} z_{i_1} \cdots z_{i_n}
        \prod_{(k,l) \in G} \theta_{i_k i_l}, \qquad
        z_i = p_{Ti}, \quad \theta_{ij} = \sqrt{(\eta_i - \eta_j)^2 + (\varphi_i - \varphi_j)^2}

    for every multigraph G of `flow_graphs`: EnergyFlow's measure "hadr" with beta = 1, unnormalised, as
    JetNet takes it. Source: P. Komiske, E. Metodiev and J. Thaler, JHEP 04 (2018) 013, arXiv:1712.07124.
    Sums over a vertex with one neighbour are products of a matrix and a vector, the others need one product
    of matrices per jet; time grows as P^3, memory does not grow with the number of jets.

    Parameters
    ----------
    particles
        eta, phi and pT of each particle, shape (N, P, 3); differences of phi are taken round the circle.
    mask
        Where there is a particle, shape (N, P); None: where pT is above 0.

    Returns
    -------
    numpy.ndarray
        Polynomials in the order of `flow_graphs`, shape (N, 36).

    Raises
    ------
    DataError
        If a shape is wrong, a value is not finite or a transverse momentum is negative.

    Examples
    --------
    Two particles of shares 1/4 and 3/4 at a distance of 0.5; the second polynomial has one edge:

    >>> efps = energy_flow_polynomials([[[0.0, 0.0, 0.25], [0.3, 0.4, 0.75]]])
    >>> efps[0, :2].round(6).tolist()
    [1.0, 0.1875]
    """
    import torch

    cloud, _ = particle_cloud(particles, mask)
    found = np.empty((len(cloud), len(CONNECTED) + len(DISCONNECTED)))
    step = max(1, CHUNK_JETS * 900 // cloud.shape[1] ** 2)
    with torch.no_grad():
        for start in range(0, len(cloud), step):
            part = slice(start, start + step)
            connected = _connected(torch.from_numpy(cloud[part])).numpy()
            found[part, : len(CONNECTED)] = connected
            for column, parts in enumerate(DISCONNECTED, start=len(CONNECTED)):
                found[part, column] = connected[:, parts].prod(axis=1)
    return found


def w1_polynomials(efps: FloatArray) -> FloatArray:
    """Choose the five polynomials of W1EFP (four vertices, four edges, connected), shape (N, 5).

    Examples
    --------
    >>> w1_polynomials(np.arange(36.0)[None]).tolist()
    [[12.0, 14.0, 15.0, 16.0, 17.0]]
    """
    return efps[:, list(W1_COLUMNS)]


def _squared_angles(cloud: torch.Tensor) -> torch.Tensor:
    """Squared distances of all pairs in (eta, phi), shape (N, P, P)."""
    rapidity = cloud[:, :, None, 0] - cloud[:, None, :, 0]
    angle = cloud[:, :, None, 1] - cloud[:, None, :, 1]
    if bool((angle.abs() > np.pi).any()):
        angle = np.pi - (angle.abs() - np.pi).abs()
    return rapidity.square_().addcmul_(angle, angle)


def _connected(cloud: torch.Tensor) -> torch.Tensor:
    """Evaluate the connected graphs, shape (N, 21).

    Each is a sum over one open vertex i of z_i times what hangs on it: `leafk` is a vertex that hangs on by
    k edges, `behind` a vertex with a leaf of its own.
    """
    import torch

    z = cloud[..., 2].contiguous()
    theta2 = _squared_angles(cloud)
    theta = theta2.sqrt()

    def hung(edges: torch.Tensor, vertex: torch.Tensor) -> torch.Tensor:
        return torch.bmm(edges, vertex[..., None])[..., 0]

    leaf1, leaf2 = hung(theta, z), hung(theta2, z)
    leaf3, leaf4 = hung(theta * theta2, z), hung(theta2.square(), z)
    weighted = z * leaf1
    behind, behind_two = hung(theta, weighted), hung(theta2, weighted)
    via = torch.bmm(theta * z[:, None, :], theta)  # a vertex between two others, which stay open
    triangle, doubled_triangle = hung(theta * via, z), hung(theta2 * via, z)
    square = hung(via.square_(), z)
    hanging = (
        torch.ones_like(z),
        leaf1,
        leaf2,
        leaf3,
        leaf4,
        leaf1 * leaf1,
        leaf1 * leaf2,
        leaf1 * leaf3,
        leaf2 * leaf2,
        triangle,
        doubled_triangle,
        leaf1 * leaf1 * leaf1,
        leaf1 * leaf1 * leaf2,
        leaf1 * behind,
        leaf2 * behind,
        leaf1 * behind_two,
        leaf1 * triangle,
        square,
        leaf1 * leaf1 * leaf1 * leaf1,
        leaf1 * leaf1 * behind,
        behind * behind,
    )
    return torch.stack([(z * vertex).sum(dim=1) for vertex in hanging], dim=1)

"""High-level features of showers on voxels, as the CaloChallenge defines them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from showerkit.geometry.voxels import voxel_positions

if TYPE_CHECKING:
    from showerkit.geometry.voxels import VoxelGeometry
    from showerkit.typing import FloatArray

#: Groups with a column for every layer, and those with one for every layer that has sectors.
OF_EVERY_LAYER: Final = ("layer_energy", "sparsity", "radial_centre", "radial_width")
OF_SECTORED_LAYERS: Final = ("centre_x", "centre_y", "width_x", "width_y")
#: Keeps sums over an empty layer from a division by 0, as in the CaloChallenge's definition.
_TINY: Final = 1e-16
_BYTES_AT_ONCE: Final = 200_000


@dataclass(frozen=True, eq=False)
class VoxelObservables:
    """The features of N showers, a column each.

    Parameters
    ----------
    total
        Total deposit in MeV, shape (N,).
    response
        Total deposit over incident energy, shape (N,).
    groups
        Name of a group and its features, shape (N, layers of the group): ``layer_energy`` in MeV;
        ``centre_x``, ``centre_y``, ``width_x``, ``width_y``, ``radial_centre``, ``radial_width`` in mm; and
        ``sparsity``, the share of voxels without a deposit.
    """

    total: FloatArray
    response: FloatArray
    groups: dict[str, FloatArray]

    def __len__(self) -> int:
        return len(self.total)

    def __getitem__(self, rows: slice) -> VoxelObservables:
        groups = {name: values[rows] for name, values in self.groups.items()}
        return VoxelObservables(self.total[rows], self.response[rows], groups)


class ObservableMaker:
    r"""Computes the features of showers on voxels of one geometry.

    With the deposits E of a layer's voxels at x, y and r (`voxel_positions`), and sums over the layer,

    .. math:: \bar x = \frac{\sum x E}{\sum E + \epsilon}, \qquad
        \sigma_x = \sqrt{\max\left(\frac{\sum x^2 E}{\sum E + \epsilon} - \bar x^2, 0\right)}

    and the same for y and r, epsilon = 1e-16 MeV; the sparsity is the share of voxels without a deposit.
    Source: CaloChallenge, arXiv:2410.21611. Sums of deposits are taken in the precision of the file, since
    the challenge does so, and a value on the edge of a bin may fall on either side of it by rounding.

    Parameters
    ----------
    geometry
        The voxels.
    """

    def __init__(self, geometry: VoxelGeometry) -> None:
        self.geometry = geometry
        self._starts = geometry.starts
        self._positions = [voxel_positions(layer) for layer in geometry.each_layer]

    @cached_property
    def sectored(self) -> tuple[int, ...]:
        """Places of the layers that have sectors."""
        layers = self.geometry.each_layer
        return tuple(place for place, layer in enumerate(layers) if layer.angular_bins > 1)

    def layers_of(self, group: str) -> tuple[int, ...]:
        """Places of the layers that a group's columns belong to."""
        return self.sectored if group in OF_SECTORED_LAYERS else tuple(range(len(self.geometry.each_layer)))

    @cached_property
    def rows_at_once(self) -> int:
        """Showers whose largest layer fits the processor's cache."""
        return max(16, _BYTES_AT_ONCE // (8 * int(np.diff(self.geometry.starts).max())))

    def of(self, energy_mev: NDArray[Any], incident_mev: NDArray[Any]) -> VoxelObservables:
        """Compute the features.

        Parameters
        ----------
        energy_mev
            Deposits in MeV, those below the threshold set to 0, shape (N, voxels).
        incident_mev
            Incident energies in MeV, shape (N,).

        Returns
        -------
        VoxelObservables
            The features in double precision.
        """
        n = len(energy_mev)
        groups = {
            name: np.empty((n, len(self.layers_of(name)))) for name in (*OF_EVERY_LAYER, *OF_SECTORED_LAYERS)
        }
        for start in range(0, n, self.rows_at_once):
            rows = slice(start, min(start + self.rows_at_once, n))
            self._fill(energy_mev[rows], {name: table[rows] for name, table in groups.items()})
        total = energy_mev.sum(axis=-1)
        response = total / incident_mev
        return VoxelObservables(total.astype(np.float64), response.astype(np.float64), groups)

    def _fill(self, energy: NDArray[Any], out: dict[str, FloatArray]) -> None:
        starts, place = self._starts, 0
        for layer, (x, y, r) in enumerate(self._positions):
            part = energy[:, starts[layer] : starts[layer + 1]]
            total = part.sum(axis=-1)
            divisor = total + _TINY
            out["layer_energy"][:, layer] = total
            out["sparsity"][:, layer] = 1.0 - (part > 0.0).mean(axis=-1)
            out["radial_centre"][:, layer], out["radial_width"][:, layer] = _moments(part, r, divisor)
            if layer in self.sectored:
                out["centre_x"][:, place], out["width_x"][:, place] = _moments(part, x, divisor)
                out["centre_y"][:, place], out["width_y"][:, place] = _moments(part, y, divisor)
                place += 1


def _moments(
    energy: NDArray[Any], position: FloatArray, divisor: NDArray[Any]
) -> tuple[FloatArray, FloatArray]:
    """Energy-weighted mean and spread of a position."""
    mean = (position * energy).sum(axis=-1) / divisor
    square = (position * position * energy).sum(axis=-1) / divisor
    return mean, np.sqrt((square - mean**2).clip(min=0.0))


def calochallenge_features(observables: VoxelObservables, incident_mev: FloatArray) -> FloatArray:
    r"""Table of features for classifiers, FPD and KPD in the form of the CaloChallenge.

    That is, :math:`\log_{10}` of the incident energy and of the energy of each layer (+ 1e-8 MeV), centres
    and widths in x and y in units of 100 mm, :math:`\log_{10}` of the total, sparsities, and mean radii and
    their widths in units of 100 mm.

    Parameters
    ----------
    observables
        The features of N showers.
    incident_mev
        Their incident energies in MeV, shape (N,).

    Returns
    -------
    numpy.ndarray
        The table, shape (N, features).
    """
    groups = observables.groups
    lengths = [groups[name] / 100.0 for name in OF_SECTORED_LAYERS]
    radii = [groups[name] / 100.0 for name in ("radial_centre", "radial_width")]
    return np.concatenate(
        [
            np.log10(np.asarray(incident_mev, dtype=np.float64))[:, None],
            np.log10(groups["layer_energy"] + 1e-8),
            *lengths,
            np.log10(observables.total + 1e-8)[:, None],
            groups["sparsity"],
            *radii,
        ],
        axis=1,
    )

"""How much of a line of flight runs in the gaps between cells, or near to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np

from showerkit.errors import ConfigurationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.geometry import Calorimeter

#: Lines that move sideways by a smaller share of a pitch are taken where they are half-way.
LEAST_SHIFT: Final = 1.0e-4


@dataclass(frozen=True)
class NearGaps:
    r"""Closeness to the gaps between cells, averaged along a line through the calorimeter.

    .. math:: g = \frac{1}{D} \int_0^D e^{-d(z) / \lambda}\, dz

    with the distance d from the nearest gap, 0 inside: 1 for a line that runs in a gap from front to back,
    about :math:`(w + 2 \lambda)/\mathrm{pitch}` for one that crosses many gaps of width w. Electrons in a gap
    may leave hardly anything; neither angle nor place alone tells which do.

    Parameters
    ----------
    half_width, reach
        Half the width of a gap, and the length :math:`\lambda`, in pitches; one of each for x and y.
    depth
        Depth D of the calorimeter in pitches, for x and y.
    told_at
        The depth at which offsets are told, as a share of D.

    Examples
    --------
    >>> from showerkit.geometry import load_detector
    >>> near = NearGaps.of(load_detector("zdc-ecal"), gaps_mm=0.5, depth_mm=35.0)
    >>> between_cells_in_x = np.array([[0.5, 0.0]])
    >>> near(between_cells_in_x, np.zeros((1, 2))).round(3).tolist()
    [[1.0, 0.0]]
    >>> near(between_cells_in_x, np.full((1, 2), 0.5)).round(3).tolist()
    [[0.036, 0.072]]
    """

    half_width: tuple[float, float]
    reach: tuple[float, float]
    depth: tuple[float, float]
    told_at: float

    @classmethod
    def of(cls, detector: Calorimeter, *, gaps_mm: float, depth_mm: float) -> Self:
        """Take the gaps of a detector whose layers have the same grid.

        Raises
        ------
        ConfigurationError
            If its cells have no gaps between them.
        """
        pitch = detector.pitch_x_mm, detector.pitch_y_mm
        gap = pitch[0] - detector.cell_x_mm, pitch[1] - detector.cell_y_mm
        if max(gap) <= 0.0:
            raise ConfigurationError(
                "model.gaps_mm",
                got=f"detector '{detector.name}', whose cells touch each other",
                expected="one with gaps between its cells",
                mend="leave it out",
            )
        return cls(
            half_width=(0.5 * gap[0] / pitch[0], 0.5 * gap[1] / pitch[1]),
            reach=(gaps_mm / pitch[0], gaps_mm / pitch[1]),
            depth=(detector.depth_mm / pitch[0], detector.depth_mm / pitch[1]),
            told_at=depth_mm / detector.depth_mm,
        )

    def __call__(self, offsets: NDArray[np.float64], slopes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give g for gaps across x and across y.

        Parameters
        ----------
        offsets
            Where lines cross the depth that offsets are told at, from a cell's centre in pitches, (N, 2).
        slopes
            Their slopes, shape (N, 2).

        Returns
        -------
        numpy.ndarray
            g, between 0 and 1, shape (N, 2).
        """
        shift = np.asarray(self.depth) * slopes
        middle = offsets + 0.5 + (0.5 - self.told_at) * shift
        moves = np.abs(shift) > LEAST_SHIFT
        along = self._integral(middle + 0.5 * shift) - self._integral(middle - 0.5 * shift)
        return np.where(moves, along / np.where(moves, shift, 1.0), self._at(middle))

    def _at(self, place: NDArray[np.float64]) -> NDArray[np.float64]:
        """e^(-d / lambda) at a place, in pitches from a gap's middle."""
        far = np.abs(place - np.floor(place + 0.5))
        result: NDArray[np.float64] = np.exp(-np.maximum(far - self.half_width, 0.0) / self.reach)
        return result

    def _integral(self, place: NDArray[np.float64]) -> NDArray[np.float64]:
        """Its integral from the middle of the gap at 0."""
        half, reach = np.asarray(self.half_width), np.asarray(self.reach)
        gap = np.floor(place + 0.5)
        far = place - gap
        whole = 2.0 * (half + reach * -np.expm1(-(0.5 - half) / reach))
        beyond = np.maximum(np.abs(far) - half, 0.0)
        inside = np.minimum(np.abs(far), half) + reach * -np.expm1(-beyond / reach)
        result: NDArray[np.float64] = gap * whole + np.where(far < 0.0, -inside, inside)
        return result

"""Core and tail: the transverse profile of an electromagnetic shower, over rings and over square cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from showerkit.typing import FloatArray


def energy_per_radius(
    radius_mm: FloatArray, core_fraction: float, core_mm: float, tail_mm: float
) -> FloatArray:
    r"""Share of the energy per mm of distance from the shower axis.

    .. math:: \frac{1}{E}\frac{dE}{dr} = Q_C \frac{2 r R_C^2}{(r^2 + R_C^2)^2}
              + (1 - Q_C) \frac{2 r R_T^2}{(r^2 + R_T^2)^2}

    Its integral over all distances is 1. Source: G. Grindhammer and S. Peters, hep-ex/0001020, in the form of
    the ZDC reports (equation 2).

    Parameters
    ----------
    radius_mm
        Distances r from the axis in mm, at least 0.
    core_fraction
        Share Q_C of the core, 0 to 1.
    core_mm, tail_mm
        Median distances R_C of the core and R_T of the tail in mm.

    Returns
    -------
    numpy.ndarray
        Share of the energy per mm.

    Examples
    --------
    >>> r = np.arange(0.005, 2000.0, 0.01)
    >>> round(float(energy_per_radius(r, 0.8, 5.0, 30.0).sum() * 0.01), 3)
    1.0
    """
    square = np.square(radius_mm)

    def component(scale_mm: float) -> FloatArray:
        return np.asarray(2.0 * np.asarray(radius_mm) * scale_mm**2 / np.square(square + scale_mm**2))

    return np.asarray(core_fraction * component(core_mm) + (1.0 - core_fraction) * component(tail_mm))


def energy_within(radius_mm: FloatArray, core_fraction: float, core_mm: float, tail_mm: float) -> FloatArray:
    r"""Share of the energy closer to the axis than a distance: the integral of `energy_per_radius`.

    .. math:: E(<r)/E = Q_C \frac{r^2}{r^2 + R_C^2} + (1 - Q_C) \frac{r^2}{r^2 + R_T^2}

    Parameters
    ----------
    radius_mm, core_fraction, core_mm, tail_mm
        As in `energy_per_radius`.

    Returns
    -------
    numpy.ndarray
        Shares from 0 to 1.

    Examples
    --------
    >>> float(energy_within(np.array(5.0), 1.0, 5.0, 30.0))
    0.5
    """
    square = np.square(radius_mm)
    core = square / (square + core_mm**2)
    tail = square / (square + tail_mm**2)
    return np.asarray(core_fraction * core + (1.0 - core_fraction) * tail)


def energy_in_quadrant(x_mm: FloatArray, y_mm: FloatArray, scale_mm: float) -> FloatArray:
    r"""Share of one component of the profile between the axis and a corner (x, y).

    .. math:: \int_0^x\!\!\int_0^y \frac{R^2}{\pi (u^2 + v^2 + R^2)^2} dv\,du = \frac{1}{2\pi}\left[
        \frac{x}{\sqrt{x^2 + R^2}} \arctan\frac{y}{\sqrt{x^2 + R^2}}
        + \frac{y}{\sqrt{y^2 + R^2}} \arctan\frac{x}{\sqrt{y^2 + R^2}}\right]

    the closed form of the profile's density in the plane, so that the size of a cell needs no correction.

    Parameters
    ----------
    x_mm, y_mm
        Corners in mm, of either sign; they broadcast.
    scale_mm
        Median distance R of the component in mm.

    Returns
    -------
    numpy.ndarray
        Signed shares; 1/4 far away from the axis.

    Examples
    --------
    >>> round(float(energy_in_quadrant(np.array(1e9), np.array(1e9), 3.0)), 6)
    0.25
    """
    across_x = np.sqrt(np.square(x_mm) + scale_mm**2)
    across_y = np.sqrt(np.square(y_mm) + scale_mm**2)
    sides = x_mm / across_x * np.arctan(y_mm / across_x) + y_mm / across_y * np.arctan(x_mm / across_y)
    return np.asarray(sides / (2.0 * np.pi))


def energy_in_cell(
    x_mm: FloatArray,
    y_mm: FloatArray,
    width_mm: tuple[float, float],
    core_fraction: float,
    core_mm: float,
    tail_mm: float,
) -> FloatArray:
    """Share of the energy in rectangular cells, exactly.

    Parameters
    ----------
    x_mm, y_mm
        Distances of the cells' centres from the axis along x and y in mm; they broadcast.
    width_mm
        Active widths of a cell along x and y in mm.
    core_fraction, core_mm, tail_mm
        As in `energy_per_radius`.

    Returns
    -------
    numpy.ndarray
        Shares from 0 to 1.

    Examples
    --------
    >>> x, y = np.meshgrid(np.arange(-600.0, 601.0, 30.0), np.arange(-600.0, 601.0, 30.0))
    >>> round(float(energy_in_cell(x, y, (30.0, 30.0), 0.8, 5.0, 30.0).sum()), 3)
    1.0
    """
    half_x, half_y = 0.5 * width_mm[0], 0.5 * width_mm[1]
    x_low, x_high, y_low, y_high = x_mm - half_x, x_mm + half_x, y_mm - half_y, y_mm + half_y

    def component(scale_mm: float) -> FloatArray:
        return np.asarray(
            energy_in_quadrant(x_high, y_high, scale_mm)
            - energy_in_quadrant(x_low, y_high, scale_mm)
            - energy_in_quadrant(x_high, y_low, scale_mm)
            + energy_in_quadrant(x_low, y_low, scale_mm)
        )

    return np.asarray(core_fraction * component(core_mm) + (1.0 - core_fraction) * component(tail_mm))

"""What a calorimeter that does not compensate reads of hadrons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from showerkit.configuration import StrictConfig

if TYPE_CHECKING:
    from numpy.typing import NDArray


class HadronResponseConfig(StrictConfig):
    """Mean response to a hadron of energy E, relative to that at the energy the cells are calibrated with.

    Of a hadron's energy the share f = 1 - (E / E0)^(m - 1) ends in electromagnetic showers, and the rest
    is read with h/e of their response: R(E) = f + (1 - f) h/e (D. E. Groom, Nucl. Instrum. Meth. A 572
    (2007) 633). The response is that of the mean shower; its fluctuations are in the resolution.

    Parameters
    ----------
    electron_to_hadron
        The ratio e/h.
    scale_gev
        The energy E0 above which showers have an electromagnetic part; hadrons below are read with h/e.
    power
        The power m.
    calibration_gev
        Energy of the hadrons that are read right, in GeV.

    Examples
    --------
    >>> HadronResponseConfig(electron_to_hadron=1.0).mean(np.array([3.0])).item()
    1.0
    >>> HadronResponseConfig().mean(np.array([1.0, 5.0, 50.0])).round(2).tolist()
    [0.83, 0.92, 1.0]
    """

    electron_to_hadron: float = Field(default=1.4, ge=1.0)
    scale_gev: float = Field(default=1.0, gt=0.0)
    power: float = Field(default=0.82, gt=0.0, lt=1.0)
    calibration_gev: float = Field(default=50.0, gt=0.0)

    def mean(self, energy_gev: NDArray[np.float64]) -> NDArray[np.float64]:
        """Give the mean response to hadrons of these energies.

        Parameters
        ----------
        energy_gev
            Energies in GeV.

        Returns
        -------
        numpy.ndarray
            Read energy over true energy, of the same shape.
        """
        return self._raw(energy_gev) / self._raw(np.asarray(self.calibration_gev))

    def _raw(self, energy_gev: NDArray[np.float64]) -> NDArray[np.float64]:
        hadronic = np.maximum(energy_gev / self.scale_gev, 1.0) ** (self.power - 1.0)
        return np.asarray(1.0 - (1.0 - 1.0 / self.electron_to_hadron) * hadronic, dtype=np.float64)

"""Cell energies and the values that a network gives for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypeVar

import numpy as np
from pydantic import Field

from showerkit.configuration import StrictConfig, parse_config
from showerkit.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray
    from torch import Tensor

    from showerkit.data.running_moments import RunningMoments

    ArrayT = TypeVar("ArrayT", NDArray[Any], Tensor)

#: Added to the width, so that hits of one energy do not divide by zero.
_TINY: Final = 1e-8


class CellEnergyTransform(StrictConfig):
    r"""Cell energies in MeV to the values a network gives, and back.

    ====================  ===============================================================
    ``"linear"``          :math:`v = E / s`, with s the highest cell energy of the training part
    ``"fraction"``        :math:`v = E / E_{incident}`
    ``"log"``             :math:`v = (\ln(\max(E, t) / t) - \mu) / \sigma` over the hits, E > t
    ====================  ===============================================================

    Parameters
    ----------
    kind
        One of the three.
    threshold_mev
        The hit threshold t in MeV.
    scale_mev
        The scale s (``"linear"`` only), in MeV.
    mean, width
        Mean and width of ln(E / t) over the hits (``"log"`` only).

    Examples
    --------
    >>> transform = CellEnergyTransform(kind="linear", threshold_mev=0.1, scale_mev=200.0)
    >>> transform(np.array([[50.0]]), np.array([1000.0])).tolist()
    [[0.25]]
    """

    kind: Literal["linear", "fraction", "log"]
    threshold_mev: float = Field(gt=0.0)
    scale_mev: float = Field(default=1.0, gt=0.0)
    mean: float = 0.0
    width: float = Field(default=1.0, gt=0.0)

    @classmethod
    def fit(
        cls,
        kind: Literal["linear", "fraction", "log"],
        *,
        threshold_mev: float,
        highest_mev: float,
        log_moments: RunningMoments,
    ) -> Self:
        """Fit to the training part.

        Parameters
        ----------
        kind
            ``"linear"``, ``"fraction"`` or ``"log"``.
        threshold_mev
            The hit threshold in MeV.
        highest_mev
            Highest cell energy in MeV.
        log_moments
            Moments of ln(E / threshold) over the hits.

        Raises
        ------
        DataError
            If no cell is hit.
        """
        if highest_mev <= 0.0 or (kind == "log" and log_moments.count == 0):
            raise DataError(
                "training part",
                got=f"no cell above {threshold_mev} MeV" if kind == "log" else "no energy in any cell",
                expected="hits",
                mend="train on other showers or lower the threshold",
            )
        if kind == "linear":
            return cls(kind=kind, threshold_mev=threshold_mev, scale_mev=highest_mev)
        if kind == "fraction":
            return cls(kind=kind, threshold_mev=threshold_mev)
        return cls(
            kind=kind,
            threshold_mev=threshold_mev,
            mean=float(log_moments.mean[0]),
            width=float(np.sqrt(log_moments.variance[0])) + _TINY,
        )

    def __call__(self, energy_mev: ArrayT, incident_mev: ArrayT) -> ArrayT:
        """Transform cell energies.

        Parameters
        ----------
        energy_mev
            Cell energies in MeV, shape (B, ...): NumPy arrays or torch tensors.
        incident_mev
            Incident energies in MeV, shape (B,) or (B, 1).

        Returns
        -------
        numpy.ndarray or torch.Tensor
            Values of the same shape.
        """
        value: ArrayT
        if self.kind == "linear":
            value = energy_mev / self.scale_mev
        elif self.kind == "fraction":
            value = energy_mev / _beside(incident_mev, energy_mev)
        else:
            above = energy_mev.clip(self.threshold_mev, None) / self.threshold_mev
            value = (_log(above) - self.mean) / self.width
        return value

    def inverse(self, value: ArrayT, incident_mev: ArrayT) -> ArrayT:
        """Give cell energies in MeV back (exactly on hits; ``"log"`` gives t for a cell below it)."""
        energy_mev: ArrayT
        if self.kind == "linear":
            energy_mev = value * self.scale_mev
        elif self.kind == "fraction":
            energy_mev = value * _beside(incident_mev, value)
        else:
            energy_mev = _exp(value * self.width + self.mean) * self.threshold_mev
        return energy_mev

    def empty_value(self) -> float:
        """Give the value of a cell without energy, which is the same in every shower.

        Examples
        --------
        >>> CellEnergyTransform(kind="log", threshold_mev=0.1, mean=3.0, width=2.0).empty_value()
        -1.5
        """
        return float(self(np.zeros((1, 1)), np.ones(1))[0, 0])

    def to_dict(self) -> dict[str, Any]:
        """Give the transform as JSON-able values."""
        return self.model_dump(mode="json")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Rebuild the transform from `to_dict`.

        Raises
        ------
        DataError
            If the values describe no valid transform.
        """
        return parse_config(cls, values, source="cell energy transform", error=DataError)


def _beside(incident: ArrayT, energy: ArrayT) -> ArrayT:
    """Shape incident energies (B,) or (B, 1) to stand beside cell energies (B, ...)."""
    return incident.reshape(-1, *(1,) * (energy.ndim - 1))


def _log(values: Any) -> Any:
    return np.log(values) if isinstance(values, np.ndarray) else values.log()


def _exp(values: Any) -> Any:
    return np.exp(values) if isinstance(values, np.ndarray) else values.exp()

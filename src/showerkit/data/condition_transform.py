"""What a network is told of incident particles: physical inputs, and their scaling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, Self, TypeAlias

import numpy as np
from pydantic import Field, model_validator

from showerkit.configuration import StrictConfig, parse_config
from showerkit.errors import DataError
from showerkit.units import MEV_PER_GEV

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from showerkit.data.records import IncidentParticles
    from showerkit.data.running_moments import RunningMoments

InputName: TypeAlias = Literal["energy", "px", "py", "pz", "theta", "phi", "x", "y"]
INPUT_NAMES: Final[tuple[InputName, ...]] = ("energy", "px", "py", "pz", "theta", "phi", "x", "y")
#: Added to widths, so that an input that never varies does not divide by zero.
_TINY: Final = 1e-8


def condition_values(incident: IncidentParticles, inputs: tuple[InputName, ...]) -> NDArray[np.float64]:
    """Collect physical inputs of a network.

    Parameters
    ----------
    incident
        The incident particles, N of them.
    inputs
        Names: ``energy`` (kinetic, MeV), ``px py pz`` (MeV), ``theta phi`` (rad), ``x y`` (start
        position, mm).

    Returns
    -------
    numpy.ndarray
        Values, shape (N, inputs).

    Examples
    --------
    >>> from showerkit.data.records import IncidentParticles
    >>> one = IncidentParticles([22], [50.0], [[0.0, 30.0, 40.0]], [[1.0, 2.0, -202.0]])
    >>> condition_values(one, ("energy", "py", "x")).tolist()
    [[50.0, 30.0, 1.0]]
    """
    columns = []
    column: NDArray[np.floating[Any]]
    for name in inputs:
        if name == "energy":
            column = incident.energy_mev
        elif name in ("px", "py", "pz"):
            column = incident.momentum_mev[:, ("px", "py", "pz").index(name)]
        elif name in ("x", "y"):
            column = incident.position_mm[:, ("x", "y").index(name)]
        else:
            column = incident.theta_rad if name == "theta" else incident.phi_rad
        columns.append(np.asarray(column, dtype=np.float64))
    return np.stack(columns, axis=1)


class ConditionTransform(StrictConfig):
    r"""Incident particles to network inputs, :math:`(v - \mathrm{offset}) / \mathrm{scale}`.

    Normalisation ``"s2"`` (ZDC machine learning status report, August 2025) maps the energy onto
    [0, 1], with :math:`E_{max} = \max E + 10^{-8}`, and every other input to mean 0 and width 1,
    with :math:`\sigma + 10^{-8}`; ``"none"`` gives GeV, rad and mm as they are.

    Parameters
    ----------
    inputs
        Names of the inputs (see `condition_values`).
    normalisation
        ``"s2"`` or ``"none"``.
    offset, scale
        One number an input, in the input's units (MeV, rad, mm).
    """

    inputs: tuple[InputName, ...] = Field(min_length=1)
    normalisation: Literal["s2", "none"]
    offset: tuple[float, ...]
    scale: tuple[float, ...]

    @model_validator(mode="after")
    def _one_number_an_input(self) -> Self:
        if len(set(self.inputs)) != len(self.inputs):
            raise ValueError("different inputs")
        if not len(self.inputs) == len(self.offset) == len(self.scale):
            raise ValueError("one offset and one scale for each input")
        if any(value <= 0.0 for value in self.scale):
            raise ValueError("scales above 0")
        return self

    @classmethod
    def fit(
        cls,
        moments: RunningMoments,
        inputs: tuple[InputName, ...],
        normalisation: Literal["s2", "none"] = "s2",
    ) -> Self:
        """Fit to the moments of the training part.

        Parameters
        ----------
        moments
            Moments of `condition_values` for all of `INPUT_NAMES`, in that order.
        inputs
            The inputs that the network gets.
        normalisation
            ``"s2"`` or ``"none"``.

        Raises
        ------
        DataError
            If there are no events.
        """
        if moments.count == 0:
            raise DataError("training part", got="no events", expected="at least one")
        offset, scale = [], []
        for name in inputs:
            column = INPUT_NAMES.index(name)
            if normalisation == "none":
                offset.append(0.0)
                scale.append(MEV_PER_GEV if name in ("energy", "px", "py", "pz") else 1.0)
            elif name == "energy":
                offset.append(float(moments.low[column]))
                # The sum first: a width of 1e-8 survives where a maximum of 2e4 would swallow it.
                scale.append(float(moments.high[column] - moments.low[column]) + _TINY)
            else:
                offset.append(float(moments.mean[column]))
                scale.append(float(np.sqrt(moments.variance[column])) + _TINY)
        return cls(inputs=inputs, normalisation=normalisation, offset=tuple(offset), scale=tuple(scale))

    def __call__(self, incident: IncidentParticles) -> NDArray[np.float32]:
        """Give the network's inputs, shape (N, inputs)."""
        values = condition_values(incident, self.inputs)
        return np.asarray((values - np.array(self.offset)) / np.array(self.scale), dtype=np.float32)

    def inverse(self, condition: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Give the physical inputs (MeV, rad, mm) back, shape (N, inputs)."""
        scaled = np.asarray(condition, dtype=np.float64) * np.array(self.scale)
        return np.asarray(scaled + np.array(self.offset))

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
        return parse_config(cls, values, source="condition transform", error=DataError)

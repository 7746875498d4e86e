"""The calibrations that a network has to beat: energy as a linear function of the total, or of the layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from showerkit.configuration import StrictConfig, parse_config
from showerkit.data.cell_quantities import CellQuantity, cell_images
from showerkit.errors import FileFormatError
from showerkit.models.energy_baseline_config import LinearCalibrationConfig
from showerkit.reconstruct.running_least_squares import RunningLeastSquares

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from showerkit.data.records import Showers
    from showerkit.typing import FloatArray


class LinearCalibration(StrictConfig):
    r"""Energy as a linear function of what the layers hold.

    .. math:: \hat E = b + \sum_l w_l S_l

    by least squares of the incident energy on the layers' sums S_l, or on the total (all w equal). Least
    squares give the mean energy at a given signal: at the edges of the energies of the fitted sample the
    result is drawn inwards, and little signal may give an energy below 0.

    Parameters
    ----------
    kind, quantity
        See `LinearCalibrationConfig`.
    shape
        (layers, cells_y, cells_x) of the calorimeter.
    weights_mev
        Energy in MeV for each charged track, or MeV of deposit, in each layer.
    intercept_mev
        Energy of an empty shower in MeV.
    ridge
        0 for plain least squares; else what was added to the diagonal of the correlation matrix of the
        layers, since some layer is dead or a function of others.
    n_events
        Number of events of the fit.
    """

    kind: Literal["linear-total", "linear-layers"]
    quantity: CellQuantity
    shape: tuple[int, int, int]
    weights_mev: tuple[float, ...]
    intercept_mev: float
    ridge: float = Field(ge=0.0)
    n_events: int = Field(ge=1)

    @model_validator(mode="after")
    def _one_weight_a_layer(self) -> Self:
        if min(self.shape) < 1 or len(self.weights_mev) != self.shape[0]:
            raise ValueError("a weight for each layer")
        return self

    def predict(self, showers: Showers) -> FloatArray:
        """Measure energies.

        Parameters
        ----------
        showers
            N showers in the calorimeter of the fit.

        Returns
        -------
        numpy.ndarray
            Energies in MeV, shape (N,).

        Raises
        ------
        DataError
            If the showers lack the quantity or have another number of cells.
        """
        return self.of_sums(layer_sums(showers, self.shape, self.quantity))

    def of_sums(self, sums: FloatArray) -> FloatArray:
        """Measure energies in MeV, shape (N,), from layer sums, shape (N, layers)."""
        energy_mev: FloatArray = sums @ np.array(self.weights_mev) + self.intercept_mev
        return energy_mev

    def to_dict(self) -> dict[str, Any]:
        """Give all that `from_dict` needs, as JSON can hold it."""
        return self.model_dump(mode="json")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], source: str = "calibration") -> LinearCalibration:
        """Rebuild a calibration from `to_dict`.

        Raises
        ------
        FileFormatError
            If a value is missing, unknown or wrong.
        """
        return parse_config(cls, values, source=source, error=FileFormatError)


def layer_sums(showers: Showers, shape: tuple[int, int, int], quantity: CellQuantity) -> FloatArray:
    """Sum one quantity over each layer, in double precision, shape (N, layers)."""
    images = cell_images(showers, shape, quantity)
    return np.asarray(images.sum(axis=(2, 3), dtype=np.float64))


def fit_linear_calibration(
    config: LinearCalibrationConfig, showers: Iterable[Showers], shape: tuple[int, int, int]
) -> LinearCalibration:
    """Fit a linear calibration to a stream of showers, in one pass and memory for one batch.

    Parameters
    ----------
    config
        What to fit to.
    showers
        Batches of showers.
    shape
        (layers, cells_y, cells_x) of the calorimeter.

    Returns
    -------
    LinearCalibration
        The calibration.

    Raises
    ------
    DataError
        If there are not more events than weights, or the showers lack the quantity.

    Examples
    --------
    >>> from showerkit.data.records import IncidentParticles, Showers
    >>> energy = np.array([1000.0, 2000.0, 5000.0])
    >>> along = np.array([[0.0, 0.0, 1.0]])
    >>> particles = IncidentParticles([11] * 3, energy, energy[:, None] * along, -200.0 * along.repeat(3, 0))
    >>> tracks = ((energy - 100.0) / 50.0)[:, None] * np.array([[0.25, 0.75]])
    >>> showers = Showers(particles, np.zeros((3, 2)), [0, 1, 2], charged_tracks=tracks)
    >>> fit = fit_linear_calibration(LinearCalibrationConfig(), [showers], (2, 1, 1))
    >>> np.round(fit.weights_mev, 3).tolist(), round(fit.intercept_mev, 2)
    ([50.0, 50.0], 100.0)
    """
    of_layers = config.kind == "linear-layers"
    running = RunningLeastSquares(shape[0] if of_layers else 1)
    for batch in showers:
        sums = layer_sums(batch, shape, config.quantity)
        running.update(
            sums if of_layers else sums.sum(axis=1, keepdims=True),
            batch.incident.energy_mev.astype(np.float64),
        )
    fit = running.solve()
    return LinearCalibration(
        kind=config.kind,
        quantity=config.quantity,
        shape=shape,
        weights_mev=tuple(np.broadcast_to(fit.weights, shape[0]).tolist()),
        intercept_mev=fit.intercept,
        ridge=fit.ridge,
        n_events=fit.n_events,
    )

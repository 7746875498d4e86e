"""The baselines of energy measurement by kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from showerkit.errors import FileFormatError, suggest
from showerkit.models.energy_baseline_config import BoostedTreesConfig, LinearCalibrationConfig
from showerkit.reconstruct.boosted_trees import BoostedTrees, fit_boosted_trees
from showerkit.reconstruct.linear_calibration import (
    LinearCalibration,
    fit_linear_calibration,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from showerkit.data.records import Showers

Baseline: TypeAlias = LinearCalibration | BoostedTrees

_KINDS: Final[dict[str, type[LinearCalibration] | type[BoostedTrees]]] = {
    "linear-total": LinearCalibration,
    "linear-layers": LinearCalibration,
    "boosted-trees": BoostedTrees,
}


def fit_baseline(
    config: LinearCalibrationConfig | BoostedTreesConfig,
    showers: Iterable[Showers],
    shape: tuple[int, int, int],
) -> Baseline:
    """Fit the baseline that a configuration describes.

    Parameters
    ----------
    config
        Its configuration.
    showers
        Batches of showers of the training part.
    shape
        (layers, cells_y, cells_x) of the calorimeter.

    Returns
    -------
    LinearCalibration or BoostedTrees
        Its ``predict(showers)`` gives energies in MeV, shape (N,).

    Raises
    ------
    DataError
        If there are too few showers, or they lack a quantity.
    """
    if isinstance(config, LinearCalibrationConfig):
        return fit_linear_calibration(config, showers, shape)
    return fit_boosted_trees(config, showers, shape)


def baseline_from_dict(values: Mapping[str, Any], source: str = "baseline") -> Baseline:
    """Rebuild a baseline from its ``to_dict``; nothing is fitted again.

    Parameters
    ----------
    values
        What ``to_dict`` gave.
    source
        Where it comes from, for the message.

    Returns
    -------
    LinearCalibration or BoostedTrees
        The baseline.

    Raises
    ------
    FileFormatError
        If a value is missing, unknown or wrong.

    Examples
    --------
    >>> fit = LinearCalibration(
    ...     kind="linear-total", quantity="deposits", shape=(1, 2, 2), weights_mev=(40.0,), intercept_mev=1.0,
    ...     ridge=0.0, n_events=9,
    ... )
    >>> baseline_from_dict(fit.to_dict()) == fit
    True
    """
    kind = values.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise FileFormatError(f"{source}: 'kind'", got=repr(kind), mend=suggest(str(kind), _KINDS))
    return _KINDS[kind].from_dict(values, source)

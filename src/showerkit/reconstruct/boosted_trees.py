"""Gradient-boosted trees on layer sums, hits and moments: the strongest rival without a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.configuration import parse_config
from showerkit.data.cell_quantities import cell_images
from showerkit.data.layer_features import layer_feature_names, layer_features
from showerkit.errors import DataError, FileFormatError
from showerkit.models.energy_baseline_config import BoostedTreesConfig
from showerkit.reconstruct.linear_calibration import LinearCalibration, layer_sums
from showerkit.reconstruct.regression_trees import RegressionTrees
from showerkit.reconstruct.running_least_squares import RunningLeastSquares
from showerkit.reconstruct.tree_growing import grow_trees

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from showerkit.data.records import Showers
    from showerkit.typing import FloatArray


@dataclass(frozen=True, eq=False)
class BoostedTrees:
    """A linear fit of the layers and the trees that better it.

    Trees cannot go on rising where their sample ends; what they learn is therefore the difference between
    the energy and the linear fit.

    Parameters
    ----------
    config
        How they were grown.
    linear
        The linear fit.
    trees
        The trees, in MeV.
    """

    config: BoostedTreesConfig
    linear: LinearCalibration
    trees: RegressionTrees

    def __post_init__(self) -> None:
        layers = self.linear.shape[0]
        columns = len(self.config.inputs) * len(layer_feature_names(layers))
        if self.trees.n_features > columns:
            raise FileFormatError(
                "regression trees", got=f"{self.trees.n_features} features", expected=f"at most {columns}"
            )

    def predict(self, showers: Showers) -> FloatArray:
        """Measure energies (see `LinearCalibration.predict`)."""
        sums = layer_sums(showers, self.linear.shape, self.linear.quantity)
        table = _features(showers, self.linear.shape, self.config)
        return self.linear.of_sums(sums) + self.trees.predict(table)

    def to_dict(self) -> dict[str, Any]:
        """Give all that `from_dict` needs, as JSON can hold it."""
        return {
            "kind": self.config.kind,
            "config": self.config.model_dump(mode="json"),
            "linear": self.linear.to_dict(),
            "trees": self.trees.to_dict(),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], source: str = "boosted trees") -> BoostedTrees:
        """Rebuild the trees from `to_dict`; nothing is fitted again.

        Raises
        ------
        FileFormatError
            If a value is missing or wrong.
        """
        if set(values) != {"kind", "config", "linear", "trees"} or values["kind"] != "boosted-trees":
            raise FileFormatError(source, got="other entries", expected="kind, config, linear and trees")
        return cls(
            parse_config(BoostedTreesConfig, values["config"], source=source, error=FileFormatError),
            LinearCalibration.from_dict(values["linear"], source),
            RegressionTrees.from_dict(values["trees"]),
        )


def fit_boosted_trees(
    config: BoostedTreesConfig, showers: Iterable[Showers], shape: tuple[int, int, int]
) -> BoostedTrees:
    """Grow trees on a stream of showers.

    Parameters
    ----------
    config
        How to grow them.
    showers
        Batches of showers; what lies behind `max_events` is not read.
    shape
        (layers, cells_y, cells_x) of the calorimeter.

    Returns
    -------
    BoostedTrees
        The linear fit and the trees.

    Raises
    ------
    DataError
        If there are not more events than layers, or the showers lack a quantity.
    MissingDependencyError
        If scikit-learn is missing, or of a release whose trees cannot be read.
    """
    tables: list[FloatArray] = []
    sums: list[FloatArray] = []
    energies: list[FloatArray] = []
    wanted = config.max_events
    for batch in showers:
        taken = batch[: min(wanted, len(batch))]
        tables.append(_features(taken, shape, config))
        sums.append(layer_sums(taken, shape, config.inputs[0]))
        energies.append(taken.incident.energy_mev.astype(np.float64))
        wanted -= len(taken)
        if wanted == 0:
            break
    if not tables:
        raise DataError("boosted trees", got="no showers", expected="at least one batch")
    table, sums_of_all, energy_mev = np.concatenate(tables), np.concatenate(sums), np.concatenate(energies)
    running = RunningLeastSquares(shape[0])
    running.update(sums_of_all, energy_mev)
    fit = running.solve()
    linear = LinearCalibration(
        kind="linear-layers",
        quantity=config.inputs[0],
        shape=shape,
        weights_mev=tuple(fit.weights.tolist()),
        intercept_mev=fit.intercept,
        ridge=fit.ridge,
        n_events=fit.n_events,
    )
    return BoostedTrees(config, linear, grow_trees(config, table, energy_mev - linear.of_sums(sums_of_all)))


def _features(showers: Showers, shape: tuple[int, int, int], config: BoostedTreesConfig) -> FloatArray:
    parts = [
        layer_features(cell_images(showers, shape, name), config.hit_threshold) for name in config.inputs
    ]
    return np.concatenate(parts, axis=1)

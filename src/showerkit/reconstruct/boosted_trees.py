"""Gradient-boosted trees on layer sums, hits and moments: the strongest rival without a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.configuration import parse_config
from showerkit.data.cell_quantities import cell_images
from showerkit.data.layer_features import layer_feature_names, layer_features
from showerkit.errors import DataError, FileFormatError, MissingDependencyError
from showerkit.models.energy_baseline_config import BoostedTreesConfig
from showerkit.reconstruct.linear_calibration import LinearCalibration, layer_sums
from showerkit.reconstruct.regression_trees import RegressionTrees
from showerkit.reconstruct.running_least_squares import RunningLeastSquares

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
    return BoostedTrees(config, linear, _grow(config, table, energy_mev - linear.of_sums(sums_of_all)))


def _features(showers: Showers, shape: tuple[int, int, int], config: BoostedTreesConfig) -> FloatArray:
    parts = [
        layer_features(cell_images(showers, shape, name), config.hit_threshold) for name in config.inputs
    ]
    return np.concatenate(parts, axis=1)


def _grow(config: BoostedTreesConfig, table: FloatArray, target: FloatArray) -> RegressionTrees:
    """Grow trees by scikit-learn and take them over as arrays."""
    try:
        import sklearn
        from sklearn.ensemble import HistGradientBoostingRegressor
    except ImportError:
        raise MissingDependencyError("scikit-learn", mend="pip install scikit-learn") from None
    grown = HistGradientBoostingRegressor(
        max_iter=config.trees,
        learning_rate=config.learning_rate,
        max_leaf_nodes=config.leaves,
        min_samples_leaf=config.leaf_events,
        early_stopping=False,
        # Which events tell the borders of the bins, where there are many.
        random_state=0,
    ).fit(table, target)
    unreadable = MissingDependencyError(
        "scikit-learn", got=f"release {sklearn.__version__}", expected="one whose trees can be read"
    )
    try:
        trees = _as_arrays(grown)
    except (AttributeError, FileFormatError, IndexError, KeyError, TypeError, ValueError):
        raise unreadable from None
    some = table[:: max(1, len(table) // 1000)]
    if not np.allclose(trees.predict(some), grown.predict(some), rtol=1e-9, atol=1e-9 * np.ptp(target)):
        raise unreadable
    return trees


def _as_arrays(grown: Any) -> RegressionTrees:
    """Take over scikit-learn's trees, which it offers no public way to, behind one leaf with the mean."""
    nodes = [one.nodes for step in grown._predictors for one in step]
    sizes = np.array([1, *(len(tree) for tree in nodes)])
    roots = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    every = np.concatenate(nodes)
    own = np.repeat(roots[1:], sizes[1:])
    leaf = every["is_leaf"].astype(bool)
    mean = float(np.ravel(grown._baseline_prediction)[0])

    def column(values: Any, at_leaf: float, first: float) -> Any:
        return np.concatenate([[first], np.where(leaf, at_leaf, values)])

    return RegressionTrees(
        roots,
        column(every["feature_idx"].astype(np.int64), -1, -1).astype(np.int64),
        column(every["num_threshold"], 0.0, 0.0),
        column(every["left"].astype(np.int64) + own, -1, -1).astype(np.int64),
        column(every["right"].astype(np.int64) + own, -1, -1).astype(np.int64),
        np.concatenate([[mean], np.where(leaf, every["value"], 0.0)]),
    )

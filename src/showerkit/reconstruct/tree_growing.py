"""Trees grown by scikit-learn's histogram gradient boosting and taken over as plain arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from showerkit.errors import FileFormatError, MissingDependencyError
from showerkit.reconstruct.regression_trees import RegressionTrees

if TYPE_CHECKING:
    from showerkit.typing import FloatArray


class Growth(Protocol):
    """How trees are grown; see `showerkit.models.energy_baseline_config.BoostedTreesConfig`."""

    @property
    def trees(self) -> int:
        """Number of trees."""

    @property
    def learning_rate(self) -> float:
        """Share of each tree's result that is added."""

    @property
    def leaves(self) -> int:
        """Largest number of leaves of a tree."""

    @property
    def leaf_events(self) -> int:
        """Least number of events in a leaf."""


def grow_trees(
    growth: Growth, table: FloatArray, target: FloatArray, weight: FloatArray | None = None
) -> RegressionTrees:
    """Grow trees that minimise the squared error.

    Parameters
    ----------
    growth
        How to grow them.
    table
        Features, shape (N, columns), finite.
    target
        What to learn, shape (N,).
    weight
        Weights of the events, shape (N,); None: all 1.

    Returns
    -------
    RegressionTrees
        The trees, the first a single leaf with the mean.

    Raises
    ------
    MissingDependencyError
        If scikit-learn is missing, or of a release whose trees cannot be read.

    Examples
    --------
    >>> from showerkit.models.energy_baseline_config import BoostedTreesConfig
    >>> x, growth = np.linspace(0.0, 1.0, 100)[:, None], BoostedTreesConfig(learning_rate=1.0, trees=1)
    >>> trees = grow_trees(growth, x, np.where(x[:, 0] > 0.5, 3.0, 1.0))
    >>> trees.predict(np.array([[0.2], [0.7]])).round(6).tolist()
    [1.0, 3.0]
    """
    try:
        import sklearn
        from sklearn.ensemble import HistGradientBoostingRegressor
    except ImportError:
        raise MissingDependencyError("scikit-learn", mend="pip install scikit-learn") from None
    grown = HistGradientBoostingRegressor(
        max_iter=growth.trees,
        learning_rate=growth.learning_rate,
        max_leaf_nodes=growth.leaves,
        min_samples_leaf=growth.leaf_events,
        early_stopping=False,
        # Which events tell the borders of the bins, where there are many.
        random_state=0,
    ).fit(table, target, sample_weight=weight)
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

"""A sum of regression trees, kept as plain arrays and evaluated for many events at once."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from showerkit.errors import DataError, FileFormatError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from showerkit.typing import FloatArray, IntArray

#: Events times trees that are followed at once, some 40 MB of indices.
_AT_ONCE: Final = 2**20
_REAL: Final = ("threshold", "value")


@dataclass(frozen=True, eq=False)
class RegressionTrees:
    """Binary trees of splits feature <= threshold, whose leaves' values are added.

    The nodes of all trees lie one behind the other; each tree's root comes first, and a node before those
    that it leads to, so that following a tree always comes to an end.

    Parameters
    ----------
    roots
        Number of the first node of each tree, the first 0, shape (trees,).
    feature
        Column that each node asks for, -1 for a leaf, shape (nodes,).
    threshold
        Events with at most this go left, 0 for a leaf, shape (nodes,).
    left, right
        Nodes to go to, -1 for a leaf, shape (nodes,).
    value
        What a leaf adds, shape (nodes,).

    Raises
    ------
    FileFormatError
        If the arrays describe no trees.

    Examples
    --------
    >>> stump = RegressionTrees([0], [1, -1, -1], [0.5, 0.0, 0.0], [1, -1, -1], [2, -1, -1], [0.0, 3.0, 4.0])
    >>> stump.predict(np.array([[9.0, 0.5], [9.0, 0.6]])).tolist()
    [3.0, 4.0]
    """

    roots: IntArray
    feature: IntArray
    threshold: FloatArray
    left: IntArray
    right: IntArray
    value: FloatArray

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(self, field.name, _column(field.name, getattr(self, field.name)))
        nodes, roots = len(self.feature), self.roots
        for name in ("threshold", "left", "right", "value"):
            if len(getattr(self, name)) != nodes:
                raise _no_trees(f"{len(getattr(self, name))} values of {name!r}", f"{nodes}, one a node")
        if len(roots) == 0 or nodes == 0 or roots[0] != 0 or roots[-1] >= nodes or (np.diff(roots) < 1).any():
            raise _no_trees("roots out of order", "rising numbers of nodes from 0 on")
        ends = np.append(roots[1:], nodes)
        end = np.repeat(ends, ends - roots)
        split = self.feature >= 0
        for children in (self.left, self.right):
            wrong = split & ((children <= np.arange(nodes)) | (children >= end))
            if wrong.any():
                raise _no_trees(f"node {int(np.argmax(wrong))} leads astray", "later nodes of the same tree")

    @property
    def n_features(self) -> int:
        """Least number of columns that the features must have."""
        return int(self.feature.max()) + 1

    def predict(self, features: FloatArray) -> FloatArray:
        """Add the values of the leaves that each event falls into.

        Parameters
        ----------
        features
            Features, shape (N, columns), finite.

        Returns
        -------
        numpy.ndarray
            Sums, shape (N,).

        Raises
        ------
        DataError
            If there are too few columns, or a feature is no finite number.
        """
        features = np.ascontiguousarray(features, dtype=np.float64)
        if features.ndim != 2 or features.shape[1] < self.n_features:
            raise DataError(
                "features",
                got=f"shape {features.shape}",
                expected=f"shape (any, {self.n_features} or more)",
            )
        if not np.isfinite(features).all():
            raise DataError("features", got="NaN or infinity", expected="finite values")
        # A leaf leads to itself, so that all trees can be followed until the deepest has ended.
        nodes = np.arange(len(self.feature))
        leaf = self.feature < 0
        left, right = np.where(leaf, nodes, self.left), np.where(leaf, nodes, self.right)
        column = np.where(leaf, 0, self.feature)
        found = np.empty(len(features))
        step = max(1, _AT_ONCE // len(self.roots))
        for start in range(0, len(features), step):
            part = features[start : start + step]
            first = np.arange(len(part))[:, None] * part.shape[1]
            at = np.repeat(self.roots[None, :], len(part), axis=0)
            while not leaf[at].all():
                goes_left = part.take(first + column[at]) <= self.threshold[at]
                at = np.where(goes_left, left[at], right[at])
            found[start : start + step] = self.value[at].sum(axis=1)
        return found

    def to_dict(self) -> dict[str, list[Any]]:
        """Give the arrays as lists, as JSON can hold them."""
        return {field.name: getattr(self, field.name).tolist() for field in fields(self)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> RegressionTrees:
        """Rebuild trees from `to_dict`.

        Raises
        ------
        FileFormatError
            If the lists are missing or describe no trees.
        """
        names = [field.name for field in fields(cls)]
        if not hasattr(values, "keys") or set(values) != set(names):
            raise _no_trees("other entries", ", ".join(names))
        return cls(**{name: values[name] for name in names})


def _column(name: str, values: object) -> Any:
    """Turn values into a one-dimensional array of numbers."""
    wanted = np.float64 if name in _REAL else np.int64
    try:
        array = np.asarray(values)
    except ValueError:
        raise _no_trees(f"no numbers in {name!r}", "a list of numbers") from None
    kinds = "fiu" if name in _REAL else "iu"
    if array.ndim != 1 or (array.size and array.dtype.kind not in kinds) or not np.isfinite(array).all():
        raise _no_trees(f"no list of numbers in {name!r}", f"{'real' if name in _REAL else 'whole'} numbers")
    return array.astype(wanted)


def _no_trees(got: str, expected: str) -> FileFormatError:
    return FileFormatError("regression trees", got=got, expected=expected)

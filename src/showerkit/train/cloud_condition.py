"""What a network for point clouds is told of the cloud that is wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from pydantic import Field

from showerkit.configuration import StrictConfig
from showerkit.errors import OutOfRangeError

if TYPE_CHECKING:
    from numpy.typing import NDArray

ConditionName: TypeAlias = Literal["class", "number"]


class CloudCondition(StrictConfig):
    """Columns that describe a cloud: its class and its number of points.

    Parameters
    ----------
    inputs
        What the network is told.
    classes
        Labels of the training sample, in rising order; one alone is nothing to tell.
    places
        Most points of a cloud, in units of which their number is told.
    coding
        ``one-hot``: a column for each class; ``index``: the class's place in `classes` as the first column,
        and no column for the number, which such a network reads off the mask.

    Examples
    --------
    >>> told = CloudCondition(inputs=("class", "number"), classes=(0, 2), places=30, coding="one-hot")
    >>> told(np.array([2, 0]), np.array([30, 15])).tolist()
    [[0.0, 1.0, 1.0], [1.0, 0.0, 0.5]]
    """

    inputs: tuple[ConditionName, ...]
    classes: tuple[int, ...] = Field(min_length=1)
    places: int = Field(ge=1)
    coding: Literal["one-hot", "index"]

    @property
    def tells_class(self) -> bool:
        """Whether there is more than one class, and the network is told."""
        return "class" in self.inputs and len(self.classes) > 1

    @property
    def columns(self) -> int:
        """Number of columns."""
        if self.coding == "index":
            return int(self.tells_class)
        return (len(self.classes) if self.tells_class else 0) + int("number" in self.inputs)

    def class_index(self, label: NDArray[np.int64]) -> NDArray[np.int64]:
        """Place of each label in `classes`, shape (N,).

        Raises
        ------
        OutOfRangeError
            If the model was not trained on a label.
        """
        known = np.array(self.classes, dtype=np.int64)
        strange = ~np.isin(label, known)
        if strange.any():
            raise OutOfRangeError(
                "class of a cloud",
                got=int(label[strange][0]),
                expected="one of " + ", ".join(map(str, self.classes)) + ", which the model was trained on",
            )
        return np.asarray(np.searchsorted(known, label), dtype=np.int64)

    def __call__(self, label: NDArray[np.int64], number: NDArray[np.int64]) -> NDArray[np.float32]:
        """Describe clouds.

        Parameters
        ----------
        label
            Their labels, shape (N,).
        number
            Their numbers of points, shape (N,).

        Returns
        -------
        numpy.ndarray
            Shape (N, columns).

        Raises
        ------
        OutOfRangeError
            If the model was not trained on a label.
        """
        index = self.class_index(label)
        columns: list[NDArray[np.float32]] = []
        if self.tells_class and self.coding == "index":
            columns.append(index[:, None].astype(np.float32))
        elif self.tells_class:
            columns.append(np.eye(len(self.classes), dtype=np.float32)[index])
        if "number" in self.inputs and self.coding == "one-hot":
            columns.append((number[:, None] / self.places).astype(np.float32))
        if not columns:
            return np.zeros((len(label), 0), dtype=np.float32)
        return np.concatenate(columns, axis=1)

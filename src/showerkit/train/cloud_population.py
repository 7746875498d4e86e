"""Which clouds the training sample has: classes, numbers of points, and transverse momenta of jets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from showerkit.errors import CheckpointError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray
    from torch import Tensor

    from showerkit.data.cloud_sample import Clouds

#: Jets whose pT and eta are kept.
_MOST_ROWS: Final = 2000


@dataclass(frozen=True, eq=False)
class CloudPopulation:
    """How often each class has each number of points, and the jets' pT and eta that go with them.

    Parameters
    ----------
    counts
        Clouds of the training part of each class (in rising order of labels) with 0, 1, ... points,
        shape (classes, P + 1).
    row_class, row_number
        Class, as a place among the classes, and number of points of some of the jets, shape (R,).
    row_pt_gev, row_eta
        Their transverse momenta in GeV and pseudorapidities, shape (R,). No rows for images.
    """

    counts: NDArray[np.int64]
    row_class: NDArray[np.int64]
    row_number: NDArray[np.int64]
    row_pt_gev: NDArray[np.float32]
    row_eta: NDArray[np.float32]

    @classmethod
    def of(cls, portions: Iterable[Clouds], classes: tuple[int, ...], places: int, n_clouds: int) -> Self:
        """Go through the training part once.

        Parameters
        ----------
        portions
            The clouds, portion by portion.
        classes
            Their labels, in rising order.
        places
            Most points of a cloud.
        n_clouds
            Their number: of that many, evenly spread ones are kept.

        Returns
        -------
        CloudPopulation
            What they are like.
        """
        counts = np.zeros((len(classes), places + 1), dtype=np.int64)
        every = max(1, -(-n_clouds // _MOST_ROWS))
        rows: list[list[NDArray[Any]]] = [[], [], [], []]
        seen = 0
        for clouds in portions:
            index = np.searchsorted(np.array(classes), clouds.label)
            number = clouds.mask.sum(axis=1)
            np.add.at(counts, (index, number), 1)
            if clouds.jets is not None:
                chosen = slice((-seen) % every, None, every)
                for kept, values in zip(
                    rows, (index, number, clouds.jets.pt_gev, clouds.jets.eta), strict=True
                ):
                    kept.append(values[chosen])
            seen += len(clouds)
        kinds = (np.int64, np.int64, np.float32, np.float32)
        joined = [
            np.concatenate(parts).astype(kind) if parts else np.zeros(0, dtype=kind)
            for parts, kind in zip(rows, kinds, strict=True)
        ]
        return cls(counts, *joined)

    def to_tensors(self) -> dict[str, Tensor]:
        """Give the numbers as tensors by name, for a model file."""
        import torch

        return {name: torch.from_numpy(np.ascontiguousarray(getattr(self, name))) for name in _NAMES}

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, Tensor], *, classes: int, places: int, source: str) -> Self:
        """Rebuild it from `to_tensors`.

        Raises
        ------
        CheckpointError
            If something is missing or does not fit together.
        """
        if set(tensors) != set(_NAMES):
            raise CheckpointError(f"{source}: population", got="other parts", expected=", ".join(_NAMES))
        found = cls(*(tensors[name].numpy() for name in _NAMES))
        rows = {getattr(found, name).shape for name in _NAMES[1:]}
        fits = (
            found.counts.shape == (classes, places + 1)
            and len(rows) == 1
            and len(found.row_class.shape) == 1
            and (found.counts >= 0).all()
            and (found.counts.sum(axis=1) > 0).all()
            and ((found.row_class >= 0) & (found.row_class < classes)).all()
        )
        if not fits:
            raise CheckpointError(f"{source}: population", got="parts that do not fit the model")
        return found


_NAMES: Final = ("counts", "row_class", "row_number", "row_pt_gev", "row_eta")

"""Which clouds are wanted: given, or drawn as the training sample has them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np

from showerkit.data.checked_array import checked_array
from showerkit.data.jet_records import Jets
from showerkit.generate.event_random import event_uniforms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.data.sparse_images import SparseImages
    from showerkit.train.cloud_condition import CloudCondition
    from showerkit.train.cloud_population import CloudPopulation


@dataclass(frozen=True, eq=False)
class CloudRequest:
    """Clouds that are wanted, N of them.

    Parameters
    ----------
    label
        Types of jets, or what images show, shape (N,).
    number
        Numbers of points, shape (N,).
    pt_gev, eta
        Transverse momenta in GeV and pseudorapidities of jets, shape (N,); 0 for images.
    event_id
        Event numbers to be written, shape (N,).

    Raises
    ------
    DataError
        If shapes disagree or a value is not finite.
    """

    label: NDArray[np.int64]
    number: NDArray[np.int64]
    pt_gev: NDArray[np.float32]
    eta: NDArray[np.float32]
    event_id: NDArray[np.int64]

    def __post_init__(self) -> None:
        label = checked_array("label", self.label, (None,), np.int64)
        object.__setattr__(self, "label", label)
        for name, kind in (("number", np.int64), ("pt_gev", np.float32), ("eta", np.float32)):
            values = checked_array(name, getattr(self, name), (len(label),), kind)
            object.__setattr__(self, name, values)
        ids = checked_array("event_id", self.event_id, (len(label),), np.int64)
        object.__setattr__(self, "event_id", ids)

    def __len__(self) -> int:
        return len(self.label)

    def __getitem__(self, index: slice) -> CloudRequest:
        return CloudRequest(
            self.label[index], self.number[index], self.pt_gev[index], self.eta[index], self.event_id[index]
        )

    @classmethod
    def like(cls, clouds: Jets | SparseImages, first: int = 0) -> Self:
        """Want clouds like given ones: of their class and number of points, jets of their pT and eta.

        Parameters
        ----------
        clouds
            The given ones.
        first
            Row of the first of them, from which images are numbered.
        """
        number = clouds.mask.sum(axis=1)
        if isinstance(clouds, Jets):
            label = clouds.jet_type.astype(np.int64)
            return cls(label, number, clouds.pt_gev, clouds.eta, clouds.event_id)
        zero = np.zeros(len(clouds), dtype=np.float32)
        ids = np.arange(first, first + len(clouds), dtype=np.int64)
        return cls(clouds.label, number, zero, zero, ids)


def only_class(population: CloudPopulation, place: int) -> CloudPopulation:
    """Keep one class of a population, so that `draw_request` draws nothing else.

    Parameters
    ----------
    population
        What the training sample is like.
    place
        The class, as a place among the classes.
    """
    counts = np.zeros_like(population.counts)
    counts[place] = population.counts[place]
    return replace(population, counts=counts)


def draw_request(
    population: CloudPopulation, condition: CloudCondition, rows: NDArray[np.int64], seed: int
) -> CloudRequest:
    """Draw clouds as the training sample has them.

    The class and the number of points follow their exact shares in the training part. pT and eta are those of
    one of its jets of the class, in the same place by number of points as the drawn number has among all.

    Parameters
    ----------
    population
        What the training sample is like.
    condition
        The classes.
    rows
        Numbers of the clouds, on which together with the seed alone each depends, shape (N,).
    seed
        The user's seed.

    Returns
    -------
    CloudRequest
        N clouds.
    """
    of_class, rank = event_uniforms(seed, "clouds", rows, 2).T
    totals = population.counts.sum(axis=1)
    index = np.searchsorted(np.cumsum(totals) / totals.sum(), of_class, side="right")
    index = np.minimum(index, np.flatnonzero(totals)[-1])
    number = np.zeros(len(rows), dtype=np.int64)
    pt_gev, eta = (np.zeros(len(rows), dtype=np.float32) for _ in range(2))
    for place in np.flatnonzero(totals).tolist():
        here = index == place
        shares = np.cumsum(population.counts[place]) / totals[place]
        number[here] = np.minimum(
            np.searchsorted(shares, rank[here], side="right"), population.counts.shape[1] - 1
        )
        of_this = np.nonzero(population.row_class == place)[0]
        if len(of_this):
            ordered = of_this[np.argsort(population.row_number[of_this], kind="stable")]
            chosen = ordered[(rank[here] * len(ordered)).astype(np.int64)]
            pt_gev[here], eta[here] = population.row_pt_gev[chosen], population.row_eta[chosen]
    return CloudRequest(np.array(condition.classes)[index], number, pt_gev, eta, rows)

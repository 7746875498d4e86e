"""Training, validation, calibration and test parts of a sample, by a hash of the event id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Self, TypeAlias

import numpy as np
from pydantic import Field, model_validator

from showerkit.configuration import StrictConfig
from showerkit.rng import event_seeds

if TYPE_CHECKING:
    from numpy.typing import NDArray

Part: TypeAlias = Literal["train", "validation", "calibration", "test", "all"]


class SplitConfig(StrictConfig):
    """How a sample is divided.

    The part of an event depends on its id and the seed alone, so that a sample may grow, be
    sharded or reordered without an event changing sides.

    Parameters
    ----------
    validation
        Fraction of the events kept for validation.
    test
        Fraction kept for testing.
    calibration
        Fraction kept to calibrate what a trained model says of its own errors.
    seed
        Seed of the hash.

    Examples
    --------
    >>> split = SplitConfig(validation=0.2, test=0.1)
    >>> ids = np.arange(10_000)
    >>> sum(int(split.selects(part, ids).sum()) for part in ("train", "validation", "test"))
    10000
    """

    validation: float = Field(default=0.1, ge=0.0, lt=1.0)
    test: float = Field(default=0.0, ge=0.0, lt=1.0)
    calibration: float = Field(default=0.0, ge=0.0, lt=1.0)
    seed: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _leaves_training_events(self) -> Self:
        if self.validation + self.test + self.calibration >= 1.0:
            raise ValueError("validation, calibration and test fractions that leave events for training")
        return self

    def selects(self, part: Part, event_id: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Say which events belong to a part.

        Parameters
        ----------
        part
            ``"train"``, ``"validation"``, ``"calibration"``, ``"test"`` or ``"all"``.
        event_id
            Event numbers, shape (N,).

        Returns
        -------
        numpy.ndarray
            True where an event belongs to the part, shape (N,).
        """
        if part == "all":
            return np.ones(len(event_id), dtype=np.bool_)
        # 31 hashed bits, from 1 to 2**31 - 2, spread evenly over (0, 1).
        uniform = event_seeds(self.seed, "split", event_id)[:, 0] / (2.0**31 - 1.0)
        if part == "test":
            return np.asarray(uniform < self.test)
        held_out = self.test + self.validation
        if part == "validation":
            return np.asarray((uniform >= self.test) & (uniform < held_out))
        not_trained_on = held_out + self.calibration
        if part == "calibration":
            return np.asarray((uniform >= held_out) & (uniform < not_trained_on))
        return np.asarray(uniform >= not_trained_on)

"""How far a generator's showers lie from the validation showers: one number for choosing an epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.data.records import concatenate
from showerkit.errors import DataError
from showerkit.evaluate.frechet import gaussian_frechet_distance
from showerkit.evaluate.high_level_features import high_level_features
from showerkit.evaluate.two_samples import scaled
from showerkit.train.adversarial_config import KeepNearest
from showerkit.train.model_distance import MeasureDistance

if TYPE_CHECKING:
    from collections.abc import Callable

    from showerkit.data.records import Showers
    from showerkit.data.shower_file import ShowerFile
    from showerkit.data.splits import SplitConfig
    from showerkit.generate.generator import Generator
    from showerkit.train.checkpoint import CheckpointMeta

_ROWS_AT_ONCE = 4096


class ValidationDistance:
    r"""Frechet distance of the high-level features of validation showers and of a generator's.

    .. math:: d^2 = |\mu_1 - \mu_2|^2 + \mathrm{Tr}\,(C_1 + C_2 - 2 (C_1^{1/2} C_2 C_1^{1/2})^{1/2})

    of features in units of their spread, both samples having the same incident particles and the generator
    the same random numbers each time. It is not extrapolated to infinite samples, since what finite ones add
    is the same for all epochs.

    Parameters
    ----------
    real
        Validation showers.
    meta
        Description of the generator.
    generator
        Makes the generator of a network that takes standard normal random inputs.
    seed
        Seed of the generated showers.

    Raises
    ------
    DataError
        If there are fewer than two showers.
    """

    def __init__(
        self, real: Showers, meta: CheckpointMeta, generator: Callable[[Any], Generator], *, seed: int
    ) -> None:
        if len(real) < 2:
            raise DataError(
                "validation showers",
                got=len(real),
                expected="at least 2 to choose the epoch by a distance",
                mend="raise data.validation_fraction or train on more showers",
            )
        self._real = real
        self._meta = meta
        self._seed = seed
        self._generator = generator
        self._features = high_level_features(real, meta.detector, meta.threshold_mev)

    def __call__(self, network: Any) -> float:
        """Measure the distance of a network that takes standard normal random inputs."""
        made = self._generator(network).generate(self._real.incident, self._real.event_id, self._seed)
        features = high_level_features(made, self._meta.detector, self._meta.threshold_mev)
        real, fake = scaled(self._features, features, "spread")
        return gaussian_frechet_distance(
            real.mean(axis=0), np.cov(real, rowvar=False), fake.mean(axis=0), np.cov(fake, rowvar=False)
        )


def distance_of_epochs(
    keep: object,
    file: ShowerFile,
    split: SplitConfig,
    meta: CheckpointMeta,
    generator: Callable[[Any], Generator],
    *,
    seed: int,
) -> list[MeasureDistance]:
    """Give what measures the distance of every epoch's showers, if that decides.

    Parameters
    ----------
    keep
        Which epoch becomes the model; only `KeepNearest` asks for distances.
    file, split
        The sample, and how it is divided.
    meta, generator, seed
        See `ValidationDistance`.

    Raises
    ------
    DataError
        If there are fewer than two validation showers.
    """
    if not isinstance(keep, KeepNearest):
        return []
    real = validation_showers(file, split, keep.events)
    return [MeasureDistance(ValidationDistance(real, meta, generator, seed=seed))]


def validation_showers(file: ShowerFile, split: SplitConfig, most: int) -> Showers:
    """Read the first validation showers of a sample, `most` at most."""
    parts: list[Showers] = []
    found = 0
    for start in range(0, len(file), _ROWS_AT_ONCE):
        showers = file.read(start, min(start + _ROWS_AT_ONCE, len(file)), optional=False)
        chosen = showers[split.selects("validation", showers.event_id)]
        parts.append(chosen[: most - found])
        found += len(parts[-1])
        if found >= most:
            break
    return concatenate(parts)

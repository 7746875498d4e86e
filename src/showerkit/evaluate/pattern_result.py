"""What was found of the patterns of hit maps: in a reference, and in samples that are held against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from showerkit.evaluate.mask_patterns import PatternModel
    from showerkit.evaluate.pattern_shares import Dependence, ShareComparison
    from showerkit.typing import Float32Array, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class SamplePatterns:
    """Patterns of one sample.

    Parameters
    ----------
    name, generator
        Name of the file and what made it.
    counts
        Number of showers of each pattern, shape (groups,).
    without_hits
        Number of showers without a hit; they belong to no pattern.
    dependence
        How properties of the incident particle decide the pattern.
    comparison
        Agreement with the reference; None for the reference itself.
    """

    name: str
    generator: str
    counts: IntArray
    without_hits: int
    dependence: tuple[Dependence, ...]
    comparison: ShareComparison | None


@dataclass(frozen=True, eq=False)
class PatternReport:
    """Patterns of a reference sample and their shares in it and in candidates.

    Parameters
    ----------
    model
        The patterns.
    features
        Mean features of the showers of each pattern of the reference, shape (groups, 10).
    examples
        The most typical hit map of each pattern, shape (groups, cells_y, cells_x).
    example_event_ids
        Event numbers of the examples, shape (groups,).
    samples
        The reference first, then the candidates.
    """

    model: PatternModel
    features: FloatArray
    examples: Float32Array
    example_event_ids: IntArray
    samples: tuple[SamplePatterns, ...]

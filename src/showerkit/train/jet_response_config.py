"""The correction of the response of jets: how it is fitted, and what a model file holds of it."""

from __future__ import annotations

from itertools import pairwise
from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from showerkit.configuration import StrictConfig
from showerkit.train.energy_baseline_recipe import ResponseSettings
from showerkit.train.energy_checkpoint import ResponseCorrection


def rising_from_zero(edges: tuple[float, ...]) -> tuple[float, ...]:
    """Refuse edges of |eta| that do not rise from 0."""
    if edges[0] != 0.0 or not all(one < other for one, other in pairwise(edges)):
        raise ValueError("rising edges of which the first is 0")
    return edges


class JetResponseSettings(ResponseSettings):
    """The correction that frees jets of bias given the true pT and |eta|.

    Parameters
    ----------
    knots
        See `ResponseSettings`.
    spacing
        Whether the knots are equally spaced in the square root of pT (``root``), hence in resolutions of a
        calorimeter, or in its logarithm (``log``), as a wide range wants it.
    abs_eta_edges
        Rising edges of the bins of the measured |eta|, the first 0, each with a correction of its own; jets
        beyond the last are treated as in the last bin.
    """

    spacing: Literal["root", "log"] = "root"

    abs_eta_edges: tuple[float, ...] = Field(default=(0.0, 0.8, 1.3, 2.0, 2.5, 3.2, 4.5), min_length=2)

    _edges = field_validator("abs_eta_edges")(rising_from_zero)


class JetResponseCorrection(StrictConfig):
    """Continuous functions of the measured pT, one for each bin of the measured |eta|.

    Parameters
    ----------
    abs_eta_edges
        Rising edges of the bins, the first 0; jets beyond the last are treated as in the last bin.
    corrections
        The functions, of pT in MeV.
    """

    abs_eta_edges: tuple[float, ...] = Field(min_length=2)
    corrections: tuple[ResponseCorrection, ...]

    _edges = field_validator("abs_eta_edges")(rising_from_zero)

    @model_validator(mode="after")
    def _one_a_bin(self) -> Self:
        if len(self.corrections) != len(self.abs_eta_edges) - 1:
            raise ValueError("one of corrections for each bin of abs_eta_edges")
        return self

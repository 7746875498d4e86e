"""What all networks that calibrate the energy of jets are told (no network library is loaded)."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from showerkit.configuration import StrictConfig

#: What a network can be told of each candidate, with the number of columns that it takes.
CANDIDATE_INPUTS: Final = {
    "relative-log-pt": 1,
    "log-pt": 1,
    "relative-eta": 1,
    "relative-phi": 1,
    "abs-eta": 1,
    "charge": 1,
    "class": 5,
}
CandidateInput: TypeAlias = Literal[
    "relative-log-pt", "log-pt", "relative-eta", "relative-phi", "abs-eta", "charge", "class"
]
JetInput: TypeAlias = Literal["log-pt", "abs-eta", "mass-over-pt", "rho", "log-candidates"]


class JetEnergyModelConfig(StrictConfig):
    """Inputs of the jet as a whole.

    Parameters
    ----------
    jet_inputs
        What the network is told of the jet, in order: ``log-pt`` of the uncalibrated jet, ``abs-eta``,
        ``mass-over-pt``, ``rho`` (density of transverse momentum in the event) and ``log-candidates``.
    radius
        Radius of the jets; relative coordinates are divided by it.
    """

    jet_inputs: tuple[JetInput, ...] = ("log-pt", "abs-eta", "mass-over-pt")
    radius: float = Field(default=0.4, gt=0.0, le=2.0)

    @model_validator(mode="after")
    def _each_jet_input_once(self) -> Self:
        if len(set(self.jet_inputs)) < len(self.jet_inputs):
            raise ValueError("each of jet_inputs once")
        return self


class CandidateInputs(JetEnergyModelConfig):
    """Inputs of each candidate as well.

    Parameters
    ----------
    candidate_inputs
        What the network is told of each candidate, in order: logarithms of pT, ``relative-log-pt`` to that
        of the jet and ``log-pt``; ``relative-eta`` (positive away from the centre of the detector) and
        ``relative-phi`` to the axis of the jet; ``abs-eta``; ``charge``; and ``class``, of which there are
        five.
    jet_inputs, radius
        See `JetEnergyModelConfig`.
    """

    candidate_inputs: tuple[CandidateInput, ...] = Field(
        default=("relative-log-pt", "log-pt", "relative-eta", "relative-phi", "charge", "class"), min_length=1
    )

    @model_validator(mode="after")
    def _each_candidate_input_once(self) -> Self:
        if len(set(self.candidate_inputs)) < len(self.candidate_inputs):
            raise ValueError("each of candidate_inputs once")
        return self

    @property
    def candidate_columns(self) -> int:
        """Columns of a candidate."""
        return sum(CANDIDATE_INPUTS[name] for name in self.candidate_inputs)


#: Widths of a stack of layers.
Widths: TypeAlias = Annotated[tuple[Annotated[int, Field(ge=1, le=4096)], ...], Field(min_length=1)]

"""Settings of the Particle Flow Network (no network library is loaded)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from showerkit.models.jet_energy_config import CandidateInputs, Widths


class ParticleFlowConfig(CandidateInputs):
    """A network that sees a jet as a set of candidates.

    Parameters
    ----------
    kind
        Name of this network.
    phi
        Widths of the layers that each candidate goes through; the last is the number of sums.
    f
        Widths of the layers behind the sums.
    typical_candidates
        A fixed number that the sums are divided by, so that they are of order one.
    candidate_inputs, jet_inputs, radius
        See `CandidateInputs`.
    """

    kind: Literal["particle-flow"] = "particle-flow"
    phi: Widths = (100, 100, 128)
    f: Widths = (100, 100, 100)
    typical_candidates: float = Field(default=20.0, gt=0.0)

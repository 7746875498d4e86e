"""Settings of the network of edge convolutions (no network library is loaded)."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from showerkit.models.jet_energy_config import CandidateInputs, Widths


class EdgeConvConfig(CandidateInputs):
    """A network in which candidates see their nearest neighbours.

    Parameters
    ----------
    kind
        Name of this network.
    neighbours
        Number of nearest neighbours in (eta, phi) that each candidate sees.
    blocks
        Widths of the edge convolutions; each has two layers of that width.
    f
        Widths of the layers behind the sums.
    typical_candidates
        A fixed number that the sums are divided by, so that they are of order one.
    candidate_inputs, jet_inputs, radius
        See `CandidateInputs`.
    """

    kind: Literal["edge-conv"] = "edge-conv"
    neighbours: int = Field(default=8, ge=1, le=100)
    blocks: Widths = (48, 64)
    f: Widths = (100, 100)
    typical_candidates: float = Field(default=20.0, gt=0.0)

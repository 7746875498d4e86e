"""Settings of the Energy Flow Network (no network library is loaded)."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from showerkit.models.jet_energy_config import JetEnergyModelConfig, JetInput, Widths


class EnergyFlowConfig(JetEnergyModelConfig):
    """A network that sees a jet as a flow of energy, safe against soft and collinear splittings.

    Parameters
    ----------
    kind
        Name of this network.
    phi
        Widths of the layers that each direction goes through; the last is the number of sums.
    f
        Widths of the layers behind the sums.
    jet_inputs, radius
        See `JetEnergyModelConfig`; the number of candidates is no safe input.
    """

    kind: Literal["energy-flow"] = "energy-flow"
    phi: Widths = (100, 100, 128)
    f: Widths = (100, 100, 100)
    jet_inputs: tuple[JetInput, ...] = ("log-pt", "abs-eta", "mass-over-pt")

    @model_validator(mode="after")
    def _safe_inputs(self) -> Self:
        if "log-candidates" in self.jet_inputs:
            raise ValueError("no 'log-candidates' among jet_inputs: a splitting would change it")
        return self

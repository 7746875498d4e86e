"""What all objectives of jet energy calibration have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import torch
from torch import nn

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.losses.energy_objectives import EnergyEstimate

#: A transverse momentum below this counts as this where something is divided by it.
_LEAST_PT_GEV: Final = 1.0e-3


class JetObjective(nn.Module):
    r"""An objective; the first output o of the network is the correction of the uncalibrated pT.

    .. math:: \hat p_T = p_T (1 + o)

    so that an output of 0 leaves the jet as it is, and a network trained with one objective can be continued
    with another by keeping its first output.

    Parameters
    ----------
    outputs
        Number of outputs that the network needs.
    refits
        How often, at equal distances in the training, `refit` is wanted.
    """

    def __init__(self, outputs: int, refits: int = 0) -> None:
        super().__init__()
        self.outputs = outputs
        self.refits = refits

    def forward(
        self, output: Tensor, pt_gev: Tensor, true_gev: Tensor, weight: Tensor | None = None
    ) -> Tensor:
        """Compute the mean loss.

        Parameters
        ----------
        output
            Outputs of the network, shape (B, outputs).
        pt_gev, true_gev
            Uncalibrated and true transverse momenta in GeV, shape (B,).
        weight
            Weights of the jets, shape (B,); None: all 1.

        Returns
        -------
        torch.Tensor
            A scalar.
        """
        raise NotImplementedError

    def estimate(self, output: Tensor, pt_gev: Tensor) -> EnergyEstimate:
        """Read calibrated pT and its sigma in GeV from outputs (B, outputs) and pT (B,) in GeV."""
        raise NotImplementedError

    def prepare(self, true_gev: Tensor, weight: Tensor | None = None) -> None:
        """Look at the true pT of the training part, before the training."""

    def refit(self, true_gev: Tensor, predicted_gev: Tensor, weight: Tensor | None = None) -> None:
        """Look at what the training has reached so far."""


def positive_pt(pt_gev: Tensor) -> Tensor:
    """Keep a jet that the detector did not see from a division by 0."""
    return pt_gev.clamp(min=_LEAST_PT_GEV)


def weighted_mean(values: Tensor, weight: Tensor | None) -> Tensor:
    """Average with weights, shape (B,) each.

    Examples
    --------
    >>> float(weighted_mean(torch.tensor([1.0, 4.0]), torch.tensor([2.0, 1.0])))
    2.0
    """
    if weight is None:
        return values.mean()
    weight = weight.to(values.dtype)
    return (values * weight).sum() / weight.sum().clamp(min=torch.finfo(values.dtype).tiny)

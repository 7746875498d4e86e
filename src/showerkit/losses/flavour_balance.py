r"""A penalty on the difference of the mean responses of light quark and gluon jets.

What a network makes of candidates is best on average over all jets that look alike. Gluons have more and
softer candidates than quarks, but what such candidates mean for the response differs between the two, and
the network cannot tell for sure which one it sees: given the true pT the two have different mean responses.
Where mixtures of flavours differ from those of the training, that difference is an error.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import torch
from torch import nn

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.losses.flavour_balance_config import FlavourBalanceConfig

#: Codes of the partons, as `showerkit.evaluate.jet_energy.flavour` groups them.
LIGHT_QUARKS: Final = (1, 2, 3)
GLUON: Final = 21
#: Weighted jets of either kind below which a bin's difference is not known at all.
_LEAST_JETS: Final = 2.0
#: Variances of the response are taken to be at least this.
_LEAST_VARIANCE: Final = 1.0e-6


class FlavourBalance(nn.Module):
    r"""Squared difference of the mean responses of light quarks and gluons, in bins of the true pT.

    .. math:: \frac{\lambda}{K} \sum_{k=1}^K \frac{(\langle r \rangle_{q,k} - \langle r \rangle_{g,k})^2}
              {\mathrm{Var}_k\, r}

    A batch holds too few quarks to tell a difference of a per cent, and the square of a noisy difference is
    mostly noise. The means are therefore those of the last batches, each counting less by a constant factor
    than the one after it. The gradient is that of the formula with the present batch's jets standing for all
    of them: on average over batches it is the gradient for the whole sample.

    Parameters
    ----------
    config
        Its settings.
    low_gev, high_gev
        The range of the true pT in GeV.

    Examples
    --------
    >>> from showerkit.losses.flavour_balance_config import FlavourBalanceConfig
    >>> balance = FlavourBalance(FlavourBalanceConfig(weight=2.0, bins=1), 30.0, 150.0)
    >>> response, true = torch.tensor([1.1, 1.3, 0.9, 0.7]), torch.full((4,), 50.0)
    >>> penalty = balance(response, true, torch.tensor([1, 2, 21, 21]))
    >>> round(float(penalty), 3)  # 2 (0.4 / 0.1)^2
    32.0
    """

    # Light quarks and gluons, in each bin: sums of weights, of responses and of their squares.
    sums: Tensor
    batches: Tensor

    def __init__(self, config: FlavourBalanceConfig, low_gev: float, high_gev: float) -> None:
        super().__init__()
        self.config, self.low_gev, self.high_gev = config, low_gev, high_gev
        self.decay = 1.0 - 1.0 / config.memory
        self.register_buffer("sums", torch.zeros(3, 2, config.bins, dtype=torch.float64))
        self.register_buffer("batches", torch.zeros((), dtype=torch.float64))

    def bin_of(self, true_gev: Tensor) -> Tensor:
        """Number of the bin that each true pT lies in, shape (B,)."""
        low, high = self.low_gev, self.high_gev
        if self.config.spacing == "log":
            low = max(low, 1.0e-3 * high)
            place = (true_gev.clamp(min=low) / low).log() / math.log(high / low)
        else:
            place = (true_gev - low) / (high - low)
        return (place * self.config.bins).long().clamp(0, self.config.bins - 1)

    def difference(self) -> tuple[Tensor, Tensor]:
        """Difference of the mean responses and its square's unit, the variance, shape (bins,).

        A bin without enough jets of both kinds has the difference 0.
        """
        jets, first, second = self.sums
        mean = first / jets.clamp(min=_LEAST_JETS)
        variance = (second - first * mean).sum(dim=0) / jets.sum(dim=0).clamp(min=_LEAST_JETS)
        known = (jets >= _LEAST_JETS).all(dim=0)
        return torch.where(known, mean[0] - mean[1], 0.0), variance.clamp(min=_LEAST_VARIANCE)

    def forward(
        self, response: Tensor, true_gev: Tensor, flavour: Tensor, weight: Tensor | None = None
    ) -> Tensor:
        """Compute the penalty; in training the batch is remembered.

        Parameters
        ----------
        response, true_gev
            Calibrated over true pT, and true pT in GeV, shape (B,).
        flavour
            Codes of the partons that started the jets, shape (B,); others count for nothing.
        weight
            Weights of the jets, shape (B,); None: all 1.

        Returns
        -------
        torch.Tensor
            A scalar.
        """
        quark = torch.isin(flavour, torch.tensor(LIGHT_QUARKS, device=flavour.device))
        counts = quark | (flavour == GLUON)
        # Rows: light quarks 0, gluons 1.
        place = torch.where(quark, 0, self.config.bins) + self.bin_of(true_gev)
        share = counts.double() if weight is None else counts * weight.double()
        if self.training:
            self._remember(response.detach().double(), place, share)
        difference, variance = self.difference()
        factor = self.config.weight / self.config.bins / variance
        value = (factor * difference.square()).sum()
        # As many jets as a batch has on average, so that a batch with few quarks does not pull harder.
        jets_a_batch = (self.sums[0] / self.batches.clamp(min=1.0)).clamp(min=1.0e-12)
        slope = 2.0 * factor * difference / jets_a_batch * torch.tensor([[1.0], [-1.0]], device=value.device)
        pulled = ((slope.flatten()[place] * share).to(response.dtype) * response).sum()
        penalty: Tensor = value.to(response.dtype) + pulled - pulled.detach()
        return penalty

    def _remember(self, response: Tensor, place: Tensor, share: Tensor) -> None:
        length = 2 * self.config.bins
        found = [
            torch.bincount(place, weights=share * power, minlength=length).view(2, -1)
            for power in (torch.ones_like(response), response, response.square())
        ]
        self.sums.mul_(self.decay).add_(torch.stack(found))
        self.batches.mul_(self.decay).add_(1.0)

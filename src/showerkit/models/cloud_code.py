"""The code by which a network for particle clouds is told time, number of particles and condition."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import nn

from showerkit.errors import DataError

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.models.velocity_network_config import VelocityNetworkConfig

#: Periods of the time's waves reach from twice the path's length down to 1/16 of it.
_LEAST_WAVES, _MOST_WAVES = 0.5, 16.0


class CloudCode(nn.Module):
    r"""Numbers that describe when, how many particles and of which kind of cloud.

    Time enters as sines and cosines, 2 pi f_k t with frequencies f_k in a geometric series; the number of
    particles n as n and ln(1 + n) in units of a typical cloud; the class as a learned vector.

    Parameters
    ----------
    config
        Inputs and width.

    Examples
    --------
    >>> from showerkit.models.epic_config import EpicConfig
    >>> code = CloudCode(EpicConfig(classes=3, code=16))
    >>> mask, condition = torch.ones(2, 30, dtype=torch.bool), torch.tensor([[0.0], [2.0]])
    >>> code(torch.rand(2), mask, condition).shape
    torch.Size([2, 16])
    """

    frequencies: Tensor

    def __init__(self, config: VelocityNetworkConfig) -> None:
        super().__init__()
        self._config = config
        frequencies = torch.logspace(
            math.log10(_LEAST_WAVES), math.log10(_MOST_WAVES), config.time_frequencies
        )
        self.register_buffer("frequencies", 2.0 * math.pi * frequencies, persistent=False)
        self.of_class = nn.Embedding(config.classes, config.code) if config.classes else None
        told = 1 + 2 * config.time_frequencies + 2 + config.condition_features
        self.inner = nn.Linear(told, config.code)
        self.outer = nn.Linear(config.code, config.code)

    def forward(self, time: Tensor, mask: Tensor, condition: Tensor | None) -> Tensor:
        """Describe clouds.

        Parameters
        ----------
        time
            Time on the path from noise (0) to data (1), shape (B,).
        mask
            True particles, shape (B, P).
        condition
            Class number and further features, shape (B, condition_columns); None if there are no columns.

        Returns
        -------
        torch.Tensor
            Shape (B, code).

        Raises
        ------
        DataError
            If the condition has another shape, or a class that there is not.
        """
        self._check(time, condition)
        waves = time[:, None] * self.frequencies
        n = mask.sum(dim=1, keepdim=True).to(time.dtype)
        typical = self._config.typical_particles
        number = [n / typical, n.log1p() / math.log1p(typical)]
        told = [time[:, None], waves.sin(), waves.cos(), *number]
        if condition is not None:
            told.append(condition[:, 1:] if self.of_class is not None else condition)
        hidden = self.inner(torch.cat(told, dim=1))
        if self.of_class is not None and condition is not None:
            hidden = hidden + self.of_class(condition[:, 0].long())
        code: Tensor = nn.functional.silu(self.outer(nn.functional.silu(hidden)))
        return code

    def _check(self, time: Tensor, condition: Tensor | None) -> None:
        columns = self._config.condition_columns
        got = 0 if condition is None else tuple(condition.shape)
        if (0 if condition is None else got) != (0 if columns == 0 else (len(time), columns)):
            expected = f"shape ({len(time)}, {columns})" if columns else "none"
            raise DataError(
                "condition", got="none" if condition is None else f"shape {got}", expected=expected
            )
        if self.of_class is not None and condition is not None and len(condition):
            least, most = condition[:, 0].min(), condition[:, 0].max()
            if least < 0 or most > self._config.classes - 1:
                raise DataError(
                    "classes of the condition",
                    got=f"{float(least):g} to {float(most):g}",
                    expected=f"numbers from 0 to {self._config.classes - 1}",
                )

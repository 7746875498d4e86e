"""What every network that measures an energy does with its input."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import nn

from showerkit.errors import DataError

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.models.energy_config import EnergyModelConfig


class EnergyModel(nn.Module):
    """Base of the networks that measure an energy: checked and scaled cells.

    Parameters
    ----------
    config
        Its inputs.
    shape
        (layers, cells_y, cells_x) of the calorimeter.
    """

    input_scale: Tensor

    def __init__(self, config: EnergyModelConfig, shape: tuple[int, int, int]) -> None:
        super().__init__()
        self.shape = shape
        self._inputs = config.inputs
        self.register_buffer("input_scale", torch.tensor(config.scales), persistent=False)

    def images(self, cells: Tensor, second: Tensor | None) -> Tensor:
        """Put the quantities of the cells together, as they are.

        Parameters
        ----------
        cells, second
            The first and, if there is one, the second of the inputs, shape (B, layers, cells_y, cells_x).

        Returns
        -------
        torch.Tensor
            Shape (B, inputs, layers, cells_y, cells_x).

        Raises
        ------
        DataError
            If the cells have another shape, or there are more or fewer quantities than inputs.
        """
        given = [cells] if second is None else [cells, second]
        if len(given) != len(self._inputs):
            raise DataError(
                "inputs of the network",
                got=f"{len(given)} quantities of the cells",
                expected=" and ".join(self._inputs),
            )
        for values in given:
            if values.ndim != 4 or tuple(values.shape[1:]) != self.shape:
                raise DataError(
                    "cells",
                    got=f"shape {tuple(values.shape)}",
                    expected=f"shape (any, {', '.join(map(str, self.shape))})",
                )
        return torch.stack(given, dim=1)

    def scaled_images(self, cells: Tensor, second: Tensor | None) -> Tensor:
        """Put the quantities of the cells together, each divided by its scale (see `images`)."""
        return self.images(cells, second) / self.input_scale.view(1, -1, 1, 1, 1)


def dense(widths: list[int], activation: type[nn.Module] = nn.ReLU) -> nn.Sequential:
    """Stack linear layers with an activation behind each.

    Examples
    --------
    >>> dense([3, 5, 2])
    Sequential(
      (0): Linear(in_features=3, out_features=5, bias=True)
      (1): ReLU()
      (2): Linear(in_features=5, out_features=2, bias=True)
      (3): ReLU()
    )
    """
    parts: list[nn.Module] = []
    for before, after in pairwise(widths):
        parts += [nn.Linear(before, after), activation()]
    return nn.Sequential(*parts)

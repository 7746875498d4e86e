"""The 3-D convolutional network that measures energies in the toy calorimeter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from torch import nn

from showerkit.errors import ConfigurationError
from showerkit.models.energy_model import EnergyModel, dense
from showerkit.models.portions import in_portions

if TYPE_CHECKING:
    from torch import Tensor

    from showerkit.models.cnn3d_config import CNN3DConfig

#: The two convolutions without padding take this many cells off each axis.
_CELLS_LOST: Final = 2 + 4


class CNN3D(EnergyModel):
    """Three 3-D convolutions and five dense layers, with ReLU between them.

    Conv3D(32, 3x3x3, same), Conv3D(10, 3x3x3), Conv3D(5, 5x5x5), Flatten, Dense 128 (three times),
    Dense 10, Dense 1: 78,414 parameters for the 17 x 8 x 8 cells of the toy calorimeter and one input
    (S. Schnake, Energy regression with deep learning in particle collider physics, Hamburg, 2019). Weights
    start as in Keras, which the author used: Glorot's uniform law, and biases of 0.

    Parameters
    ----------
    config
        Its inputs.
    shape
        (layers, cells_y, cells_x) of the calorimeter, each at least 7.
    outputs
        Number of outputs, as the objective wants it; the first one is the energy in GeV.

    Raises
    ------
    ConfigurationError
        If the calorimeter has fewer cells along an axis.

    Examples
    --------
    >>> import torch
    >>> from showerkit.models.cnn3d_config import CNN3DConfig
    >>> network = CNN3D(CNN3DConfig(), (17, 8, 8))
    >>> sum(parameter.numel() for parameter in network.parameters())
    78414
    >>> network(torch.ones(2, 17, 8, 8)).shape
    torch.Size([2, 1])
    """

    def __init__(self, config: CNN3DConfig, shape: tuple[int, int, int], outputs: int = 1) -> None:
        super().__init__(config, shape)
        left = [cells - _CELLS_LOST for cells in shape]
        if min(left) < 1:
            raise ConfigurationError(
                "model.kind: 'cnn3d'",
                got=f"a calorimeter of {shape[0]} layers with {shape[2]} x {shape[1]} cells",
                expected=f"at least {_CELLS_LOST + 1} layers and cells along each axis",
                mend="choose another kind of network, such as 'residual3d'",
            )
        self.config = config
        self.convolutions = nn.Sequential(
            nn.Conv3d(len(config.inputs), 32, 3, padding="same"),
            nn.ReLU(),
            nn.Conv3d(32, 10, 3),
            nn.ReLU(),
            nn.Conv3d(10, 5, 5),
            nn.ReLU(),
            nn.Flatten(),
        )
        self.dense = dense([5 * left[0] * left[1] * left[2], 128, 128, 128, 10])
        self.output = nn.Linear(10, outputs)
        for module in self.modules():
            if isinstance(module, nn.Conv3d | nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, cells: Tensor, second: Tensor | None = None) -> Tensor:
        """Measure energies.

        Parameters
        ----------
        cells, second
            The quantities of the cells that `config.inputs` names, each (B, layers, cells_y, cells_x).

        Returns
        -------
        torch.Tensor
            Energy in GeV, and what else the objective asks for, shape (B, outputs).

        Raises
        ------
        DataError
            If the cells do not fit the network.
        """
        features = in_portions(self.convolutions, self.scaled_images(cells, second))
        found: Tensor = self.output(self.dense(features))
        return found

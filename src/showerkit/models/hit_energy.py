"""From the network's VALUE to the normalised energy of a cell that is hit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Less likely hits are treated as if they were this likely: VALUE / p would only amplify noise.
_LEAST_PROBABILITY: Final = 1.0e-3


def value_if_hit(
    value: NDArray[np.float32],
    probability: NDArray[np.float32],
    empty_value: NDArray[np.floating] | float,
    value_cells: Literal["all", "hit"],
) -> NDArray[np.float32]:
    r"""Give the expected normalised energy of each cell under the condition that it is hit.

    A network whose squared error was taken over hit cells gives just that. One whose error was taken over all
    cells gives the mean over hit and empty ones, :math:`v = p\, v_{hit} + (1 - p)\, v_0`, whence
    :math:`v_{hit} = v_0 + (v - v_0) / p`.

    Parameters
    ----------
    value
        The network's VALUE, any shape.
    probability
        Probability p of a hit, same shape.
    empty_value
        Normalised energy v0 of a cell without energy, to be broadcast.
    value_cells
        Over which cells the loss was taken.

    Returns
    -------
    numpy.ndarray
        Normalised energies, same shape.

    Examples
    --------
    >>> value_if_hit(np.float32([0.2]), np.float32([0.5]), 0.0, "all").tolist()
    [0.4000000059604645]
    """
    if value_cells == "hit":
        return value
    at_least = np.maximum(probability, np.float32(_LEAST_PROBABILITY))
    return np.asarray(empty_value + (value - empty_value) / at_least, dtype=np.float32)

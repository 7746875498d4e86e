"""Settings of the augmentation by symmetries of the transverse plane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from showerkit.configuration import StrictConfig
from showerkit.errors import ConfigurationError

if TYPE_CHECKING:
    from showerkit.geometry.calorimeter import Calorimeter


class AugmentationConfig(StrictConfig):
    """Symmetries by which showers are varied while a network that measures their energy is trained.

    Parameters
    ----------
    flip
        Reflect in x and in y, each for half of the showers.
    rotate
        Rotate by 0, 90, 180 or 270 degrees with equal chance; the cells and their grid have to be square.
    max_shift_cells
        Shift by up to this many whole cells in x and in y, as far as no hit leaves the grid; 0: never. A
        shower that is shifted leaks as it did where it was: small shifts of contained showers are meant.
    """

    flip: bool = True
    rotate: bool = True
    max_shift_cells: int = Field(default=0, ge=0, le=100)

    def check_detector(self, detector: Calorimeter) -> None:
        """Refuse a calorimeter that does not have these symmetries.

        Parameters
        ----------
        detector
            The calorimeter.

        Raises
        ------
        ConfigurationError
            If showers are to be rotated and the grid or its cells are not square.

        Examples
        --------
        >>> from showerkit.geometry import load_detector
        >>> AugmentationConfig().check_detector(load_detector("toy-hcal"))
        """
        detector.require_grid("augmentation")
        across = (detector.cells_x, detector.pitch_x_mm, detector.cell_x_mm)
        up = (detector.cells_y, detector.pitch_y_mm, detector.cell_y_mm)
        if self.rotate and across != up:
            raise ConfigurationError(
                "augmentation.rotate",
                got=f"a grid of {detector.cells_x} x {detector.cells_y} cells of "
                f"{detector.pitch_x_mm:g} x {detector.pitch_y_mm:g} mm",
                expected="square cells in a square grid",
                mend="set augmentation.rotate to false",
            )

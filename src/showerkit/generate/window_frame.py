"""The frame in which a model sees showers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from showerkit.data.entry_frame import EntryFrame
from showerkit.data.fixed_frame import FixedFrame
from showerkit.errors import GeometryError
from showerkit.models.entry_window_config import EntryWindowConfig

if TYPE_CHECKING:
    from showerkit.data.shower_frame import ShowerFrame
    from showerkit.geometry import Calorimeter
    from showerkit.models.shower_flow_config import ShowerFlowConfig


@overload
def window_frame(config: EntryWindowConfig, detector: Calorimeter) -> EntryFrame: ...


@overload
def window_frame(config: EntryWindowConfig | ShowerFlowConfig, detector: Calorimeter) -> ShowerFrame[Any]: ...


def window_frame(config: EntryWindowConfig | ShowerFlowConfig, detector: Calorimeter) -> ShowerFrame[Any]:
    """Give the frame of a model that makes showers in one.

    Parameters
    ----------
    config
        The model, which says which frame, how wide its windows are, where they are cut and whether they are
        mirrored.
    detector
        The calorimeter.

    Raises
    ------
    ConfigurationError
        If the width or the depth does not fit the detector, or it has no gaps that are to be told.
    GeometryError
        If windows are asked for and the detector's cells are no regular grid.
    """
    if not isinstance(config, EntryWindowConfig):
        if config.frame == "fixed":
            return FixedFrame(detector, config.depth_mm)
        if not detector.is_grid:
            raise GeometryError(
                f"detector '{detector.name}'",
                got="cells that are no regular grid",
                expected="the same grid of cells in all layers, for windows about the line of flight",
                mend="set model.frame: fixed",
            )
        return EntryFrame(detector, config.cells_across, config.depth_mm, config.mirror, config.gaps_mm)
    return EntryFrame(detector, config.cells_across, config.depth_mm, config.mirror)

"""The frame that a model's windows are cut in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showerkit.data.entry_frame import EntryFrame

if TYPE_CHECKING:
    from showerkit.geometry import Calorimeter
    from showerkit.models.entry_window_config import EntryWindowConfig
    from showerkit.models.shower_flow_config import ShowerFlowConfig


def window_frame(config: EntryWindowConfig | ShowerFlowConfig, detector: Calorimeter) -> EntryFrame:
    """Give the frame of a model of windows.

    Parameters
    ----------
    config
        The model, which says how wide its windows are, where they are cut and whether they are mirrored.
    detector
        The calorimeter.

    Raises
    ------
    ConfigurationError
        If the width or the depth does not fit the detector.
    """
    return EntryFrame(detector, config.cells_across, config.depth_mm, config.mirror)

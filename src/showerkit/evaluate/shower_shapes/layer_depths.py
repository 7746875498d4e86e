"""Depths of a calorimeter's layers in radiation lengths."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.shower_shapes.longitudinal_profile import LayerDepths

if TYPE_CHECKING:
    from showerkit.geometry.calorimeter import Calorimeter


def layer_depths(detector: Calorimeter) -> LayerDepths:
    """Where the active part of each layer begins and ends, through the cells' centres, plates included.

    Examples
    --------
    >>> from showerkit.geometry import load_detector
    >>> layer_depths(load_detector("zdc-ecal")).stop_x0.round(1).tolist()
    [5.8]
    """

    def thickness_x0(material: str, thickness_mm: float) -> float:
        return thickness_mm / detector.material(material).radiation_length_mm

    start, stop, depth = [], [], 0.0
    for layer in detector.layers:
        depth += sum(thickness_x0(slab.material, slab.thickness_mm) for slab in layer.before)
        start.append(depth)
        depth += thickness_x0(layer.active_material, layer.thickness_mm)
        stop.append(depth)
        depth += sum(thickness_x0(slab.material, slab.thickness_mm) for slab in layer.after)
    return LayerDepths(np.array(start), np.array(stop))

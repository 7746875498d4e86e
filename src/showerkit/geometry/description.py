"""The facts about a detector that a physicist asks for first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from showerkit.geometry.calorimeter import Calorimeter


def describe(detector: Calorimeter) -> list[tuple[str, str]]:
    """Say what a detector is, fact by fact.

    Parameters
    ----------
    detector
        The calorimeter.

    Returns
    -------
    list of tuple
        Name and value (with its unit) of each fact.

    Examples
    --------
    >>> from showerkit.geometry import load_detector
    >>> dict(describe(load_detector("zdc-ecal")))["depth"]
    '72.5 mm, 5.77 X0'
    """
    active = {layer.active_material: None for layer in detector.layers}
    facts = [
        ("name", detector.name),
        *([("title", detector.title)] if detector.title else []),
        *_cells(detector),
        ("active material", ", ".join(active)),
        ("size", f"{detector.width_x_mm:g} x {detector.width_y_mm:g} mm"),
    ]
    if detector.gdml is not None:
        facts += [
            ("depth", f"{detector.depth_mm:g} mm to the back of the last cell"),
            ("geometry", f"GDML; sensitive: {', '.join(detector.gdml.sensitive)}"),
            ("face in GDML", ", ".join(f"{value:g}" for value in detector.gdml.face_mm) + " mm"),
        ]
        return facts
    facts += [
        ("depth", f"{detector.depth_mm:g} mm, {detector.depth_x0:.2f} X0"),
        ("Moliere radius", f"{detector.moliere_radius_mm:.1f} mm"),
        ("sampling fraction", f"{detector.sampling_fraction:.3f}"),
    ]
    if detector.upstream:
        plates = ", ".join(
            f"{plate.thickness_mm:g} mm {plate.material} {plate.distance_mm:g} mm before the face"
            for plate in detector.upstream
        )
        facts.append(("upstream", f"{plates}: {detector.upstream_x0:.2f} X0"))
    return facts


def _cells(detector: Calorimeter) -> list[tuple[str, str]]:
    """How many cells of which sizes there are."""
    layers, cells_y, cells_x = detector.shape
    layered = f"{layers} layer{'s' * (layers > 1)}"
    if detector.is_grid:
        return [
            ("cells", f"{detector.n_cells}: {cells_x} x {cells_y} across, {layered}"),
            ("cell size", f"{detector.cell_x_mm:g} x {detector.cell_y_mm:g} mm"),
            ("pitch", f"{detector.pitch_x_mm:g} x {detector.pitch_y_mm:g} mm"),
        ]
    cells = detector.cell_map
    sizes = np.unique(cells.size_mm[cells.present, :2].round(3), axis=0).tolist()
    few = ", ".join(f"{x:g} x {y:g}" for x, y in sizes[:4])
    return [
        ("cells", f"{int(cells.present.sum())} in {layered}, no regular grid"),
        ("image", f"{cells_x} x {cells_y} in each layer, {detector.n_cells} places"),
        ("cell size", f"{few}{' and others' * (len(sizes) > 4)} mm"),
    ]

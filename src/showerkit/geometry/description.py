"""The facts about a detector that a physicist asks for first."""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    layers, cells_y, cells_x = detector.shape
    active = {layer.active_material: None for layer in detector.layers}
    facts = [
        ("name", detector.name),
        ("title", detector.title),
        ("cells", f"{detector.n_cells}: {cells_x} x {cells_y} across, {layers} layer{'s' * (layers > 1)}"),
        ("cell size", f"{detector.cell_x_mm:g} x {detector.cell_y_mm:g} mm"),
        ("pitch", f"{detector.pitch_x_mm:g} x {detector.pitch_y_mm:g} mm"),
        ("active material", ", ".join(active)),
        ("size", f"{detector.width_x_mm:g} x {detector.width_y_mm:g} mm"),
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

"""What a shower meets in a calorimeter: radiation lengths, Moliere radius, sampling fraction."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from showerkit.geometry.calorimeter import Calorimeter
    from showerkit.geometry.layer import Slab
    from showerkit.geometry.material import Material


def thickness_x0(detector: Calorimeter, slabs: Iterable[Slab]) -> float:
    """Thickness of plates in radiation lengths.

    Parameters
    ----------
    detector
        The calorimeter, which knows the materials.
    slabs
        The plates, their thickness in mm.

    Examples
    --------
    >>> from showerkit.geometry import load_detector
    >>> zdc = load_detector("zdc-ecal")
    >>> round(thickness_x0(zdc, zdc.layers[0].slabs), 2)
    5.77
    """
    return sum(slab.thickness_mm / detector.material(slab.material).radiation_length_mm for slab in slabs)


def moliere_radius_mm(detector: Calorimeter) -> float:
    r"""Mean Moliere radius in mm.

    :math:`1/R = \sum_i t_i/R_i / \sum_i t_i` over all plates, of thickness t: that is the Particle
    Data Group's rule for mixtures (eq. 34.39), the layers taken as mixed.

    Parameters
    ----------
    detector
        The calorimeter.

    Raises
    ------
    GeometryError
        If the geometry is a GDML file.
    """
    detector.require_materials("the Moliere radius")
    slabs = [slab for layer in detector.layers for slab in layer.slabs]
    inverse = sum(slab.thickness_mm / detector.material(slab.material).moliere_radius_mm for slab in slabs)
    return sum(slab.thickness_mm for slab in slabs) / inverse


def sampling_fraction(detector: Calorimeter) -> float:
    r"""Share of a minimum-ionising particle's loss that falls into cells.

    .. math:: f = \frac{a \sum_l t_l\,(dE/dx)_l}
       {\sum_l t_l\,[a\,(dE/dx)_l + (1 - a)\,(dE/dx)_{frame}] + \sum_p t_p\,(dE/dx)_p}

    for particles along z, uniform over the face: l runs over the cells, p over the plates, and a
    is the share of the face that the cells cover; dE/dx is the minimum of the Bethe equation.

    Parameters
    ----------
    detector
        The calorimeter.

    Raises
    ------
    GeometryError
        If the geometry is a GDML file.
    """
    detector.require_materials("the sampling fraction")
    covered = (detector.cell_x_mm * detector.cell_y_mm) / (detector.pitch_x_mm * detector.pitch_y_mm)
    frame = 0.0
    if detector.frame_material is not None:
        frame = detector.material(detector.frame_material).minimum_ionisation_mev_mm
    active = passive = 0.0
    for number, layer in enumerate(detector.layers):
        loss = detector.material(layer.active_material).minimum_ionisation_mev_mm
        if not detector.is_grid:
            face_mm2 = detector.width_x_mm * detector.width_y_mm
            covered = detector.layer_cells[number].covered_mm2 / face_mm2
        active += covered * layer.thickness_mm * loss
        passive += (1.0 - covered) * layer.thickness_mm * frame
        for slab in (*layer.before, *layer.after):
            passive += slab.thickness_mm * detector.material(slab.material).minimum_ionisation_mev_mm
    return active / (active + passive)


def from_the_face_on(detector: Calorimeter) -> tuple[Calorimeter, dict[str, Material]]:
    """A calorimeter without what does not matter to a shower, and the materials used from the face on."""
    bare = detector.model_copy(
        update={
            "name": "",
            "title": "",
            "gun_distance_mm": 0.0,
            "counts_charged_tracks": False,
            "upstream": (),
            "materials": (),
        }
    )
    return bare, {name: detector.material(name) for name in bare.material_names}

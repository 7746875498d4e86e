"""What a calorimeter is built of: passive plates, and layers of active cells between them."""

from __future__ import annotations

from typing import Any

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from showerkit.configuration import StrictConfig
from showerkit.geometry.layer_cells import LayerCells
from showerkit.geometry.plain_sum import plain_sum


class Slab(StrictConfig):
    """A passive plate across the whole calorimeter.

    Parameters
    ----------
    material
        Name of its material.
    thickness_mm
        Thickness along z in mm.

    Examples
    --------
    >>> Slab(material="lead", thickness_mm=2.0).thickness_mm
    2.0
    """

    material: str
    thickness_mm: float = Field(gt=0.0)


class UpstreamSlab(Slab):
    """A plate of matter that stands apart in front of the calorimeter, as wide as that.

    Parameters
    ----------
    material, thickness_mm
        See `Slab`.
    distance_mm
        Gap between the plate's back and the calorimeter's front face, in mm.

    Examples
    --------
    >>> window = UpstreamSlab(material="aluminium", thickness_mm=5.0, distance_mm=100.0)
    >>> window.reach_mm  # how far in front of the face it begins
    105.0
    """

    distance_mm: float = Field(gt=0.0)

    @property
    def reach_mm(self) -> float:
        """Distance of the plate's front from the calorimeter's face, in mm."""
        return self.distance_mm + self.thickness_mm


class Layer(StrictConfig):
    """One readout layer: passive plates, a plane of active cells, passive plates.

    Parameters
    ----------
    active_material
        Name of the material whose deposits are read out.
    thickness_mm
        Thickness of the active cells along z in mm.
    before, after
        Passive plates in front of and behind the cells, in order along z.
    cells
        The layer's own cells, where they are not those of the calorimeter.

    Examples
    --------
    >>> plate = Slab(material="lead", thickness_mm=2.0)
    >>> layer = Layer(active_material="polystyrene", thickness_mm=4.0, before=(plate,))
    >>> layer.total_thickness_mm
    6.0
    """

    active_material: str
    thickness_mm: float = Field(gt=0.0)
    before: tuple[Slab, ...] = ()
    after: tuple[Slab, ...] = ()
    cells: LayerCells | None = None

    @model_serializer(mode="wrap")
    def _without_own_cells(self, plain: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out that there are none: such files are as they were before there could be any."""
        values: dict[str, Any] = plain(self)
        if self.cells is None:
            values.pop("cells", None)
        return values

    @property
    def total_thickness_mm(self) -> float:
        """Thickness with all plates, in mm."""
        return self.thickness_mm + plain_sum(slab.thickness_mm for slab in (*self.before, *self.after))

    @property
    def slabs(self) -> tuple[Slab, ...]:
        """All plates in order along z, the active cells as one of them."""
        active = Slab(material=self.active_material, thickness_mm=self.thickness_mm)
        return (*self.before, active, *self.after)

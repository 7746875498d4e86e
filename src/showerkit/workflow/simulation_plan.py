"""Everything that decides a simulated sample: Geant4's settings, the particles, the data, the versions."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from showerkit.configuration import parse_config
from showerkit.simulate.geant4.client import PACKAGES
from showerkit.simulate.geant4.physics_list import ELECTROMAGNETIC, HADRONIC
from showerkit.simulate.geant4.settings import Geant4Settings
from showerkit.workflow.fast_simulation import taken_of_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from showerkit.data.chunk_layout import ChunkLayout
    from showerkit.data.schema import FileMetadata
    from showerkit.geometry import Calorimeter
    from showerkit.simulate.geant4.handover import Handover
    from showerkit.simulate.geant4.physics_data import PhysicsData
    from showerkit.workflow.fast_simulation import SampleModel
    from showerkit.workflow.incident_source import IncidentSource

#: What a file says of itself under ``settings``, by key of the plan.
SETTINGS: Final = ("primaries", "like", "cut_mm", "physics_list")


def geant4_settings(
    calorimeter: Calorimeter, source: IncidentSource, cut_mm: float, handover: Handover | None = None
) -> Geant4Settings:
    """Everything that Geant4's workers have to know.

    Raises
    ------
    ConfigurationError
        If a setting is out of range.
    """
    return parse_config(
        Geant4Settings,
        {
            "detector": calorimeter,
            "cut_mm": cut_mm,
            "seed": source.seed,
            "hadronic": bool(source.hadrons),
            "handover": handover,
        },
        source="simulate",
    )


def data_warning(source: IncidentSource, data: PhysicsData) -> str | None:
    """What the user is to know of the data before a sample is made of them.

    Examples
    --------
    >>> from showerkit.workflow.incident_source import IncidentSource
    >>> from showerkit.simulate.geant4.physics_data import PhysicsData
    >>> pions = IncidentSource(1, 1, read=lambda start, stop: None, hadrons=("pi+",))
    >>> data_warning(pions, PhysicsData("download", {}, "official", "official")) is None
    True
    """
    if not source.hadrons or data.hadrons != "approximate":
        return None
    return (
        f"warning: {', '.join(source.hadrons)} with approximate hadronic tables: slow neutrons, nuclear "
        "photons and late energy are rough (in the documentation: Hadrons)"
    )


def sample_plan(
    settings: Geant4Settings,
    source: IncidentSource,
    layout: ChunkLayout,
    physics_data: str,
    shard_size: int | None,
    model: SampleModel | None = None,
) -> dict[str, Any]:
    """Everything that decides the sample's contents and how they are divided, as JSON values."""
    plan: dict[str, Any] = {
        "n": source.n,
        "events_per_chunk": layout.chunk_events,
        "shard_size": shard_size,
        "seed": settings.seed,
        "cut_mm": settings.cut_mm,
        "physics_list": HADRONIC if settings.hadronic else ELECTROMAGNETIC,
        "primaries": None if source.primaries is None else source.primaries.model_dump(mode="json"),
        "like": source.like,
        "physics_data": physics_data,
        "versions": {name: version(name) for name in PACKAGES},
        "detector": settings.detector.model_dump(mode="json"),
    }
    if model is not None:
        plan["fast_sim"] = model.settings
        plan["versions"] |= model.versions
    return plan


def file_metadata(
    generator: str,
    settings: Geant4Settings,
    plan: dict[str, Any],
    kept: Mapping[str, Any],
    notes: Iterable[Mapping[str, str]],
) -> FileMetadata:
    """What each file of the sample says about itself.

    Parameters
    ----------
    generator
        What made its showers.
    settings, plan
        What decided them.
    kept
        Settings of the file that is gone on with; empty if there is none.
    notes
        Notes of its other chunks.
    """
    from showerkit.data.schema import FileMetadata

    described = {key: plan[key] for key in SETTINGS}
    if "fast_sim" in plan:
        described |= {"fast_sim": plan["fast_sim"], "fast_sim_taken": taken_of_file(kept, notes)}
    return FileMetadata(
        generator=generator,
        kind="geant4",
        detector=settings.detector,
        seed=settings.seed,
        versions=plan["versions"],
        physics_data=plan["physics_data"],
        settings=described,
    )

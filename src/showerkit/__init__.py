"""showerkit: learn particle showers and jets, from Geant4 and Pythia 8 to a validated surrogate.

What each verb of the command line does is a function of `showerkit.workflow`. The names below load
their modules when they are first used, so that ``import showerkit`` takes no time.

Examples
--------
>>> import showerkit
>>> showerkit.load_detector("zdc-ecal").shape
(1, 20, 20)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from showerkit import workflow
    from showerkit.configuration import StrictConfig
    from showerkit.data.records import IncidentParticles, Showers
    from showerkit.data.schema import FileMetadata
    from showerkit.data.shower_file import ShowerFile, read_showers
    from showerkit.data.shower_writer import ShowerWriter
    from showerkit.errors import ShowerkitError
    from showerkit.geometry import Calorimeter, Layer, Material, Slab, detector_names, load_detector
    from showerkit.models.own_energy_config import register_energy_network
    from showerkit.simulate.primaries import PrimaryConfig
    from showerkit.train.shipped_recipes import shipped_recipes
    from showerkit.workflow.recipe import Recipe, load_recipe

__version__ = "0.1.0"

__all__ = [
    "Calorimeter",
    "FileMetadata",
    "IncidentParticles",
    "Layer",
    "Material",
    "PrimaryConfig",
    "Recipe",
    "ShowerFile",
    "ShowerWriter",
    "ShowerkitError",
    "Showers",
    "Slab",
    "StrictConfig",
    "__version__",
    "detector_names",
    "load_detector",
    "load_recipe",
    "read_showers",
    "register_energy_network",
    "shipped_recipes",
    "workflow",
]

_MODULES = {
    "showerkit.configuration": ("StrictConfig",),
    "showerkit.data.records": ("IncidentParticles", "Showers"),
    "showerkit.data.schema": ("FileMetadata",),
    "showerkit.data.shower_file": ("ShowerFile", "read_showers"),
    "showerkit.data.shower_writer": ("ShowerWriter",),
    "showerkit.errors": ("ShowerkitError",),
    "showerkit.geometry": ("Calorimeter", "Layer", "Material", "Slab", "detector_names", "load_detector"),
    "showerkit.models.own_energy_config": ("register_energy_network",),
    "showerkit.simulate.primaries": ("PrimaryConfig",),
    "showerkit.train.shipped_recipes": ("shipped_recipes",),
    "showerkit.workflow.recipe": ("Recipe", "load_recipe"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> Any:
    """Load a public name from its module at its first use."""
    if name == "workflow":
        return import_module("showerkit.workflow")
    if name not in _HOME:
        raise AttributeError(f"module 'showerkit' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted(__all__)

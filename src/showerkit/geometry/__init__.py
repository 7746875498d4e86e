"""Detectors: materials, layers, calorimeters, and the maps between cell, index and position."""

from showerkit.geometry.calorimeter import Calorimeter
from showerkit.geometry.description import describe
from showerkit.geometry.detectors import detector_names, load_detector
from showerkit.geometry.layer import Layer, Slab, UpstreamSlab
from showerkit.geometry.material import Material

__all__ = [
    "Calorimeter",
    "Layer",
    "Material",
    "Slab",
    "UpstreamSlab",
    "describe",
    "detector_names",
    "load_detector",
]

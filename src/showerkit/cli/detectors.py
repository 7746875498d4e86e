"""``showerkit detectors``."""

from __future__ import annotations

import typer


def detectors() -> None:
    """List the shipped detectors.

    \b
    Example:
      showerkit detectors
    """
    from showerkit.geometry import detector_names, load_detector

    names = detector_names()
    width = max(map(len, names))
    for name in names:
        detector = load_detector(name)
        layers, cells_y, cells_x = detector.shape
        typer.echo(f"{name:<{width}}  {layers} x {cells_y} x {cells_x} cells  {detector.title}")

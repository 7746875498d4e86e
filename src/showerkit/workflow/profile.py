"""Shower shapes of a file: measured, fitted, drawn and written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from showerkit.progress import SilentProgress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from showerkit.data.records import Showers
    from showerkit.evaluate.shower_shapes.settings import ShapeConfig
    from showerkit.evaluate.shower_shapes.shapes import ShowerShapes
    from showerkit.progress import Progress

__all__ = ["profile", "shape_table"]

_VALUES_PER_BATCH = 4_000_000
_SHOWERS_FOR_BINNING = 100_000


def profile(
    file: Path | str,
    output: Path | str | None = None,
    *,
    config: ShapeConfig | None = None,
    progress: Progress | None = None,
) -> ShowerShapes:
    """Measure the longitudinal and transverse shapes of a file's showers and fit them.

    Parameters
    ----------
    file
        A shower file or a folder of shards.
    output
        Folder for shapes.json and the figures; by default none is written.
    config
        The settings.
    progress
        Told how far the work is.

    Returns
    -------
    ShowerShapes
        The shapes with their fits.

    Raises
    ------
    ShowerkitError
        If the file is no valid shower file or holds too few showers.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> from showerkit.workflow.generate import generate
    >>> shapes = profile(generate("zdc-ecal-gan", folder / "showers.h5", n=2000))
    >>> shapes.beta is None  # one layer has no longitudinal shape
    True
    """
    from showerkit.data.atomic_file import check_writable
    from showerkit.data.shower_file import ShowerFile
    from showerkit.evaluate.shower_shapes.energy_bins import energy_edges
    from showerkit.evaluate.shower_shapes.measurement import measure_shapes
    from showerkit.evaluate.shower_shapes.settings import ShapeConfig as Config
    from showerkit.units import MEV_PER_GEV

    settings = config if config is not None else Config()
    told = progress if progress is not None else SilentProgress()
    if output is not None:
        check_writable(Path(output) / "shapes.json", overwrite=True)
    with ShowerFile(file) as showers:
        size = max(1, min(5000, _VALUES_PER_BATCH // showers.cells))
        if settings.energy_edges_gev is not None:
            edges = np.array(settings.energy_edges_gev) * MEV_PER_GEV
        else:
            incident, _ = showers.read_incident(0, min(len(showers), _SHOWERS_FOR_BINNING))
            edges = energy_edges(incident.energy_mev.astype(np.float64), settings.energy_bins)

        def batches() -> Iterator[Showers]:
            for batch in showers.iterate(size):
                yield batch
                told.advance(len(batch))

        told.start("measure shapes", 3 * len(showers), "showers")
        shapes = measure_shapes(batches, showers.detector, edges, settings)
        told.finish()
        title = f"{showers.detector.name}, {showers.metadata.generator}"
        if output is not None:
            _write(Path(output), shapes, settings, title, str(showers.fingerprint()))
    return shapes


def _write(folder: Path, shapes: ShowerShapes, config: ShapeConfig, title: str, fingerprint: str) -> None:
    """Write shapes.json and the figures, each whole or not at all."""
    from showerkit import __version__
    from showerkit.data.atomic_file import replacing
    from showerkit.evaluate.shower_shapes.shapes import as_json
    from showerkit.report.figures import shower_shapes as figures
    from showerkit.report.figures.picture_file import write_png

    target = folder / "shapes.json"
    record = {
        "format": "showerkit shower shapes 1",
        "showerkit": __version__,
        "sample": {"title": title, "sha256": fingerprint},
        "settings": config.model_dump(mode="json"),
        "shapes": as_json(shapes),
    }
    with replacing(target) as partial:
        partial.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    drawn = {"transverse": figures.transverse_figure(shapes, title)}
    if shapes.longitudinal:
        drawn["longitudinal"] = figures.longitudinal_figure(shapes, title)
        drawn["shower-maximum"] = figures.maximum_figure(shapes, title)
    for name, figure in drawn.items():
        write_png(figure, folder / f"{name}.png")


def shape_table(shapes: ShowerShapes) -> list[str]:
    """Lines of a small table of the fits, for a terminal."""
    lines = []
    if shapes.longitudinal:
        lines.append("longitudinal      showers  E0/E             T0 [X0]         beta [1/X0]       chi2/ndf")
        for one in shapes.longitudinal:
            fit = one.free
            lines.append(
                f"{one.energy.mean_mev / 1000:9.3f} GeV {one.energy.showers:10d}"
                + "".join(
                    f"  {fit.value(name):7.4f} +- {fit.error(name):6.4f}" for name in ("E0", "T0", "beta")
                )
                + f"  {fit.chi2:.1f}/{fit.ndf}"
            )
        if shapes.maximum is not None:
            line = shapes.maximum
            lines.append(
                f"T0 = {line.at_1_gev:.3f} +- {line.at_1_gev_error:.3f}"
                f" + ({line.slope:.3f} +- {line.slope_error:.3f}) ln(E/GeV)"
            )
        difference = np.mean([one.free.value("T0") for one in shapes.longitudinal] - shapes.expected_maximum)
        lines.append(f"T0 - PDG (Ec = {shapes.critical_energy_mev:.2f} MeV): {difference:+.2f} X0 on average")
        if shapes.beta is not None:
            lines.append(
                f"beta common to all: {shapes.beta.value:.4f} +- {shapes.beta.error:.4f},"
                f" spread {shapes.beta.spread:.4f}"
            )
    lines.append("transverse        layers  Q_C               R_C [mm]          R_T [mm]          chi2/ndf")
    for part in shapes.transverse:
        fit = part.fit
        lines.append(
            f"{part.energy.mean_mev / 1000:9.3f} GeV {part.first_layer:6d}-{part.last_layer:<3d}"
            + "".join(f"  {fit.value(name):7.3f} +- {fit.error(name):6.3f}" for name in ("Q_C", "R_C", "R_T"))
            + f"  {fit.chi2:.1f}/{fit.ndf}"
        )
    lines.extend(f"note: {note}" for note in shapes.notes)
    lines.append(f"{shapes.showers_used} of {shapes.showers_seen} showers used")
    return lines


def shape_config(*, energy_edges: str | None, **values: object) -> ShapeConfig:
    """Make the settings from a command line's options; `energy_edges` are GeV separated by commas.

    Raises
    ------
    ConfigurationError
        If a value is wrong.

    Examples
    --------
    >>> shape_config(energy_edges="1,5,20").energy_edges_gev
    (1.0, 5.0, 20.0)
    """
    from showerkit.configuration import parse_config
    from showerkit.errors import ConfigurationError
    from showerkit.evaluate.shower_shapes.settings import ShapeConfig as Config

    if energy_edges is not None:
        try:
            values["energy_edges_gev"] = tuple(float(part) for part in energy_edges.split(","))
        except ValueError:
            raise ConfigurationError(
                "--energy-edges", got=repr(energy_edges), expected="numbers in GeV, such as 0,5,10,20"
            ) from None
    return parse_config(Config, values, source="shower shapes")

"""The figure of `bench_quality_speed.py`: quality of models against time per shower."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

LABELS = {
    "auc_observables": ("AUC on observables", 1.0),
    "auc_cells": ("AUC on cells", 1.0),
    "fpd": ("Fréchet distance FPD [1e-4]", 1e4),
}
MARKERS = ("o", "s", "^", "v", "D")
#: Of Geant4, by kind of sample.
STARS = ("*", "P", "X")
SPEEDS = (100, 1000)


def draw(result: dict[str, Any], path: Path) -> None:
    """Draw what the benchmark wrote as JSON."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(1, len(LABELS), figsize=(13.0, 5.6), sharex=True)
    for panel, (key, (label, scale)) in zip(panels, LABELS.items(), strict=True):
        _panel(panel, result, key, scale)
        panel.set(xscale="log", xlabel="processor time per shower [ms]", ylabel=label)
        panel.grid(visible=True, alpha=0.2)
    handles = _legend(result)
    figure.suptitle(f"{result['detector']}: quality against time, one core")
    figure.legend(handles=handles, loc="lower center", ncols=4, frameon=False, fontsize=9)
    figure.tight_layout(rect=(0.0, 0.05 + 0.035 * -(-len(handles) // 4), 1.0, 1.0))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def _panel(panel: Any, result: dict[str, Any], key: str, scale: float) -> None:
    for number, sample in enumerate(result["samples"]):
        floor = sample["geant4"]
        value, error = scale * floor[key]["value"], scale * floor[key]["error"]
        star = {"fmt": STARS[number % len(STARS)], "color": "black", "markersize": 11, "capsize": 2}
        panel.errorbar(floor["ms"], value, error, **star)
        if not number:
            panel.axhspan(value - error, value + error, color="black", alpha=0.1, linewidth=0)
            for factor in SPEEDS:
                _speed(panel, floor["ms"] / factor, factor)
    for color, row in enumerate(_rows(result)):
        times = row["ms_per_shower"]
        value, error = scale * row[key]["value"], scale * row[key]["error"]
        panel.plot(list(times.values()), [value] * len(times), color=f"C{color}", linewidth=1, alpha=0.6)
        for marker, ms in zip(MARKERS, times.values(), strict=False):
            panel.errorbar(ms, value, error, fmt=marker, color=f"C{color}", capsize=2)


def _speed(panel: Any, ms: float, factor: int) -> None:
    panel.axvline(ms, color="grey", linestyle=":", linewidth=1)
    where = {"transform": panel.get_xaxis_transform(), "ha": "center"}
    panel.text(ms, 1.01, f"{factor:,} times", fontsize=8, color="grey", **where)


def _rows(result: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for sample in result["samples"] for row in sample["models"]]


def _legend(result: dict[str, Any]) -> list[Any]:
    from matplotlib.lines import Line2D

    handles = []
    samples, color = result["samples"], 0
    for sample in samples:
        among = f" ({sample['particles']})" if len(samples) > 1 else ""
        for row in sample["models"]:
            handles.append(Line2D([], [], color=f"C{color}", label=row["name"] + among))
            color += 1
    for number, sample in enumerate(samples):
        label = f"Geant4, {sample['particles']} of {result['energy_gev']:g} GeV"
        star = {"marker": STARS[number % len(STARS)], "markersize": 10, "linestyle": ""}
        handles.append(Line2D([], [], color="black", label=label, **star))
    first = next(iter(_rows(result)))["ms_per_shower"]
    for marker, batch in zip(MARKERS, first, strict=False):
        label = f"{int(batch):,} at a time"
        handles.append(Line2D([], [], color="grey", marker=marker, linestyle="", label=label))
    return handles

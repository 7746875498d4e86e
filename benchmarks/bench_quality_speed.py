"""How near to Geant4 every shipped calorimeter model is, against how long a shower takes, in a figure.

    python benchmarks/bench_quality_speed.py
    python benchmarks/bench_quality_speed.py --reference test.h5 --floor floor.h5 \\
        --figure docs/results/zdc-quality-speed.png zdc-ecal-flow zdc-ecal-flow:midpoint:1 zdc-ecal-gan

A model is a shipped name, a run directory or a model file; of a flow, solver and steps may follow. All models
are of one detector and make showers of the reference's incident particles; without a reference Geant4 makes
one. Quality: AUC of classifiers on observables and on cells, and the Fréchet distance, with Geant4 against
itself beside them. Speed: processor time of one thread for a shower in memory, asked for 1, 100 and 10,000 at
a time, and Geant4's for electrons of 10 GeV, its start not counted.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
BATCHES = (1, 100, 10_000)
#: Measurements go on for this long in s, or until there are so many of them.
LEAST_S, MOST_TIMES = 1.0, 200
MEASURES = {
    "auc_observables": "classifier.high_level.auc",
    "auc_cells": "classifier.low_level.auc",
    "fpd": "fpd.largest",
}
DEFAULT_SHOWERS = 2000
GEANT4_EVENTS = (20, 120)


def loaded(name: str) -> Any:
    """Load a model, `name` or `name:solver:steps`."""
    from showerkit.generate.generator import shower_generator
    from showerkit.train.checkpoint import load_checkpoint
    from showerkit.train.model_store import resolve_model
    from showerkit.workflow.generate import choose_solver

    model, *solver = name.split(":")
    generator = shower_generator(load_checkpoint(resolve_model(model)), device="cpu")
    if solver:
        choose_solver(generator, model, solver[0], int(solver[1]) if len(solver) > 1 else None)
    return generator


def ms_per_shower(generator: Any, incident: Any, batch: int) -> float:
    """Median processor time of one shower in ms, asked for so many at a time."""
    import numpy as np

    rows = np.arange(batch) % len(incident)
    asked, ids = incident[rows], np.arange(batch, dtype=np.int64)
    generator.generate(asked, ids, 1)
    times: list[float] = []
    while len(times) < 3 or (sum(times) < LEAST_S and len(times) < MOST_TIMES):
        began = time.process_time()
        generator.generate(asked, ids, 2 + len(times))
        times.append(time.process_time() - began)
    return 1000.0 * statistics.median(times) / batch


def geant4_ms(detector: Any, folder: Path) -> float:
    """Processor time of Geant4 for an electron of 10 GeV in ms: what more events take, without the start."""
    from showerkit.data.timing import read_timing
    from showerkit.simulate.primaries import PrimaryConfig
    from showerkit.workflow import simulate

    primaries = PrimaryConfig(particles=("e-",), energy_gev=10.0)
    cpu_s = []
    for n in GEANT4_EVENTS:
        made = simulate(detector, folder / f"speed-{n}.h5", n=n, primaries=primaries, seed=9, workers=1)
        timing = read_timing(made)
        cpu_s.append(timing.cpu_s if timing is not None and timing.cpu_s is not None else 0.0)
    return 1000.0 * (cpu_s[1] - cpu_s[0]) / (GEANT4_EVENTS[1] - GEANT4_EVENTS[0])


def quality(
    generators: dict[str, Any], options: argparse.Namespace, folder: Path
) -> tuple[dict[str, dict[str, Any]], int]:
    """Judge showers of all models; by name, with Geant4 against itself as 'Geant4', and how many showers."""
    from showerkit.data.shower_file import ShowerFile
    from showerkit.workflow import evaluate, generate, simulate

    reference, floor = options.reference, options.floor
    if reference is None:
        first = options.models[0].split(":")[0]
        like = generate(first, folder / "asked.h5", n=options.showers or DEFAULT_SHOWERS, seed=5)
        detector = next(iter(generators.values())).meta.detector
        reference = simulate(detector, folder / "reference.h5", like=like, seed=2)
        floor = simulate(detector, folder / "floor.h5", like=like, seed=3)
    made = []
    for number, name in enumerate(generators):
        model, *solver = name.split(":")
        named = {"solver": solver[0], "steps": int(solver[1])} if solver else {}
        file = folder / f"model-{number}.h5"
        made.append(generate(model, file, like=reference, n=options.showers, seed=1, **named))
    report = evaluate(
        reference,
        made,
        folder / "report",
        floor=floor,
        bootstrap=options.bootstrap,
        two_samples={"max_showers": options.max_showers},
    )
    metrics = json.loads((report.parent / "metrics.json").read_text(encoding="utf-8"))

    def of(judged: dict[str, Any]) -> dict[str, Any]:
        numbers = judged["measures"]
        return {
            key: {"value": numbers[long]["value"], "error": numbers[long]["error"]}
            for key, long in MEASURES.items()
        }

    found = {name: of(one) for name, one in zip(generators, metrics["candidates"], strict=True)}
    found["Geant4"] = of(metrics["floor"])
    with ShowerFile(reference) as file:
        return found, min(options.max_showers, options.showers or len(file))


def draw(rows: list[dict[str, Any]], geant4: float, path: Path, detector: str) -> None:
    """Draw quality against time per shower."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt
    from matplotlib.lines import Line2D

    labels = {
        "auc_observables": "AUC on observables",
        "auc_cells": "AUC on cells",
        "fpd": "Fréchet distance FPD [1e-4]",
    }
    scale = {"auc_observables": 1.0, "auc_cells": 1.0, "fpd": 1e4}
    markers = dict(zip(BATCHES, ("o", "s", "^"), strict=True))
    models = [row for row in rows if row["name"] != "Geant4"]
    floor = next(row for row in rows if row["name"] == "Geant4")
    figure, panels = plt.subplots(1, len(labels), figsize=(13.0, 5.2), sharex=True)
    for panel, (key, label) in zip(panels, labels.items(), strict=True):
        for number, row in enumerate(models):
            times = [row["ms_per_shower"][str(batch)] for batch in BATCHES]
            value, error = (scale[key] * row[key][which] for which in ("value", "error"))
            panel.plot(times, [value] * len(times), "-", color=f"C{number}", linewidth=1, alpha=0.6)
            for batch, ms in zip(BATCHES, times, strict=True):
                panel.errorbar(ms, value, error, fmt=markers[batch], color=f"C{number}", capsize=2)
        value, error = (scale[key] * floor[key][which] for which in ("value", "error"))
        panel.errorbar(geant4, value, error, fmt="*", color="black", markersize=13, capsize=2)
        panel.axhspan(value - error, value + error, color="black", alpha=0.1, linewidth=0)
        for factor in (100, 1000):
            panel.axvline(geant4 / factor, color="grey", linestyle=":", linewidth=1)
            panel.text(
                geant4 / factor,
                1.01,
                f"{factor:,} times",
                transform=panel.get_xaxis_transform(),
                ha="center",
                fontsize=8,
                color="grey",
            )
        panel.set(xscale="log", xlabel="processor time per shower [ms]", ylabel=label)
        panel.grid(visible=True, alpha=0.2)
    names = [Line2D([], [], color=f"C{number}", label=row["name"]) for number, row in enumerate(models)]
    names.append(
        Line2D([], [], color="black", marker="*", linestyle="", markersize=11, label="Geant4, e⁻ of 10 GeV")
    )
    names += [
        Line2D([], [], color="grey", marker=markers[batch], linestyle="", label=f"{batch:,} at a time")
        for batch in BATCHES
    ]
    figure.suptitle(f"{detector}: quality against time, one core")
    figure.legend(handles=names, loc="lower center", ncols=4, frameon=False, fontsize=9)
    figure.tight_layout(rect=(0.0, 0.05 + 0.035 * -(-len(names) // 4), 1.0, 1.0))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)


def main() -> int:
    import torch

    from showerkit.data.timing import machine_name
    from showerkit.train.model_store import shipped_models

    shipped = [name for name in shipped_models() if name.startswith("zdc-ecal-")]
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="*", default=shipped)
    parser.add_argument("--reference", type=Path)
    parser.add_argument("--floor", type=Path)
    parser.add_argument("--showers", type=int, help="showers of each model; default: as the reference")
    parser.add_argument("--max-showers", type=int, default=5000, help="showers that classifiers see")
    parser.add_argument("--bootstrap", type=int, default=20)
    parser.add_argument("--figure", type=Path, default=RESULTS / "quality_speed.png")
    parser.add_argument("--results", type=Path, default=RESULTS / "quality_speed.json")
    options = parser.parse_args()
    torch.set_num_threads(1)
    generators = {name: loaded(name) for name in options.models}
    detector = next(iter(generators.values())).meta.detector
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        judged, seen = quality(generators, options, folder)
        geant4 = geant4_ms(detector, folder)
        rows: list[dict[str, Any]] = []
        print(f"{detector.name}, {seen} showers judged; Geant4: {geant4:.1f} ms for an electron of 10 GeV")
        print(f"{'':<34}{'AUC obs.':>16}{'AUC cells':>16}{'FPD [1e-4]':>16}", end="")
        print("".join(f"{f'ms, {batch:,}':>12}" for batch in BATCHES) + f"{'times G4':>10}")
        incident = _particles(folder, options)
        for model, found in judged.items():
            row: dict[str, Any] = {"name": model, **found}
            if model in generators:
                times = {str(batch): ms_per_shower(generators[model], incident, batch) for batch in BATCHES}
                row["ms_per_shower"] = times
                row["times_geant4"] = geant4 / min(times.values())
            rows.append(row)
            _print(row)
    result = {
        "machine": machine_name(),
        "threads": 1,
        "detector": detector.name,
        "showers_judged": seen,
        "geant4_ms": geant4,
        "rows": rows,
    }
    options.results.parent.mkdir(parents=True, exist_ok=True)
    options.results.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    draw(rows, geant4, options.figure, detector.name)
    print(options.figure)
    return 0


def _particles(folder: Path, options: argparse.Namespace) -> Any:
    from showerkit.data.shower_file import ShowerFile

    with ShowerFile(options.reference or folder / "reference.h5") as file:
        return file.read(0, min(len(file), BATCHES[-1]), optional=False).incident


def _print(row: dict[str, Any]) -> None:
    def number(key: str, scale: float, digits: int) -> str:
        value, error = (scale * row[key][which] for which in ("value", "error"))
        return f"{value:.{digits}f} ± {error:.{digits}f}".rjust(16)

    line = f"{row['name']:<34}{number('auc_observables', 1.0, 3)}{number('auc_cells', 1.0, 3)}"
    line += number("fpd", 1e4, 1)
    if "ms_per_shower" in row:
        line += "".join(f"{row['ms_per_shower'][str(batch)]:>12.4f}" for batch in BATCHES)
        line += f"{row['times_geant4']:>10.0f}"
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())

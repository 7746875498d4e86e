"""How near to Geant4 every shipped model of a calorimeter's showers is, against how long a shower takes.

    python benchmarks/bench_quality_speed.py --also zdc-ecal-flow:midpoint:1
    python benchmarks/bench_quality_speed.py --detector toy-hcal --hits-only
    python benchmarks/bench_quality_speed.py --reference test.h5 --floor floor.h5 \\
        --figure docs/results/zdc-quality-speed.png zdc-ecal-flow zdc-ecal-flow:midpoint:1 zdc-ecal-gan

Without names all generators of the detector's showers that are shipped are judged. A name is that of a
shipped model, a run directory or a model file; of a flow, solver and steps may follow. Models are judged with
those that make showers of the same kinds of particles, by samples of Geant4 of such particles: those given,
or made here, over the first model's range. Quality: AUC of classifiers on observables and on cells, and the
Fréchet distance, with Geant4 against itself beside them. Speed: processor time of one thread for a shower in
memory, asked for 1, 100 and 10,000 at a time, and Geant4's at one energy, its start not counted.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from quality_speed_figure import draw
from shower_times import geant4_ms, ms_per_shower

RESULTS = Path(__file__).parent / "results"
BATCHES = (1, 100, 10_000)
#: Kinds of models that make showers.
GENERATORS = ("entry-window", "mask-value", "shower-flow")
MEASURES = {
    "auc_observables": "classifier.high_level.auc",
    "auc_cells": "classifier.low_level.auc",
    "fpd": "fpd.largest",
}
DEFAULT_SHOWERS = 2000


class Samples(NamedTuple):
    """What models of the same kinds of particles are judged by: two files of Geant4."""

    reference: Path
    floor: Path


def models_of(detector: str) -> list[str]:
    """Shipped generators of a detector's showers."""
    from showerkit.export.exporters import family_of_file
    from showerkit.train.checkpoint import load_checkpoint
    from showerkit.train.model_store import shipped_models

    return [
        name
        for name, model in shipped_models().items()
        if family_of_file(model.path) in GENERATORS
        and load_checkpoint(model.path).meta.detector.name == detector
    ]


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


def by_particles(generators: dict[str, Any]) -> dict[tuple[int, ...], list[str]]:
    """Names of models by the kinds of particles that they know, the most of the same kinds first."""
    found: dict[tuple[int, ...], list[str]] = {}
    for name, generator in generators.items():
        found.setdefault(tuple(sorted(generator.meta.particles)), []).append(name)
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def given_samples(options: argparse.Namespace) -> dict[tuple[int, ...], Samples]:
    """Samples that were named, by the kinds of particles in them."""
    import numpy as np

    from showerkit.data.shower_file import ShowerFile

    if len(options.reference) != len(options.floor):
        raise SystemExit("each --reference takes a --floor")
    found = {}
    for reference, floor in zip(options.reference, options.floor, strict=True):
        with ShowerFile(reference) as file:
            incident, _ = file.read_incident()
        found[tuple(np.unique(incident.pdg).tolist())] = Samples(reference, floor)
    return found


def made_samples(detector: Any, first: str, showers: int, folder: Path) -> Samples:
    """Simulate two samples of the particles that a model was trained on."""
    from showerkit.workflow import generate, simulate

    like = generate(first, folder / "asked.h5", n=showers, seed=5)
    made = (simulate(detector, folder / f"geant4-{seed}.h5", like=like, seed=seed) for seed in (2, 3))
    return Samples(*made)


def quality(
    names: list[str], samples: Samples, options: argparse.Namespace, folder: Path
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Judge showers of models; what was found of each, and of Geant4 against itself."""
    from showerkit.workflow import evaluate, generate

    made = []
    for number, name in enumerate(names):
        model, *solver = name.split(":")
        named = {"solver": solver[0], "steps": int(solver[1])} if solver else {}
        file = folder / f"model-{number}.h5"
        made.append(generate(model, file, like=samples.reference, n=options.showers, seed=1, **named))
    report = evaluate(
        samples.reference,
        made,
        folder / "report",
        floor=samples.floor,
        bootstrap=options.bootstrap,
        hits_only=options.hits_only,
        two_samples={"max_showers": options.max_showers},
    )
    metrics = json.loads((report.parent / "metrics.json").read_text(encoding="utf-8"))

    def of(judged: dict[str, Any]) -> dict[str, Any]:
        numbers = judged["measures"]
        return {
            key: {"value": numbers[long]["value"], "error": numbers[long]["error"]}
            for key, long in MEASURES.items()
        }

    rows = [{"name": name, **of(one)} for name, one in zip(names, metrics["candidates"], strict=True)]
    return rows, of(metrics["floor"])


def judged(
    names: list[str], generators: dict[str, Any], samples: Samples, options: argparse.Namespace, folder: Path
) -> dict[str, Any]:
    """Quality and speed of models of the same kinds of particles, and Geant4's."""
    from showerkit.data.shower_file import ShowerFile
    from showerkit.simulate.particles import particle_with_code

    meta = generators[names[0]].meta
    kinds = tuple(particle_with_code(code).name for code in meta.particles)
    rows, floor = quality(names, samples, options, folder)
    floor["ms"] = geant4_ms(meta.detector, kinds, options.energy, folder)
    with ShowerFile(samples.reference) as file:
        seen = min(options.max_showers, options.showers or len(file))
        incident = file.read(0, min(len(file), BATCHES[-1]), optional=False).incident
    among = ", ".join(kinds)
    print(f"{meta.detector.name}, {among}: {seen} showers judged")
    print(f"Geant4 takes {floor['ms']:.1f} ms at {options.energy:g} GeV")
    print(f"{'':<34}{'AUC obs.':>16}{'AUC cells':>16}{'FPD [1e-4]':>16}", end="")
    print("".join(f"{f'ms, {batch:,}':>12}" for batch in BATCHES) + f"{'times G4':>10}")
    for row in rows:
        times = {str(batch): ms_per_shower(generators[row["name"]], incident, batch) for batch in BATCHES}
        row["ms_per_shower"] = times
        row["times_geant4"] = floor["ms"] / min(times.values())
        _print(row)
    _print({"name": "Geant4", **floor})
    return {"particles": among, "showers_judged": seen, "geant4": floor, "models": rows}


def main() -> int:
    import torch

    from showerkit.data.timing import machine_name

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="*", help="default: all that are shipped for the detector")
    parser.add_argument("--also", nargs="*", default=[], help="models beside those")
    parser.add_argument("--detector", default="zdc-ecal")
    parser.add_argument("--energy", type=float, default=10.0, help="where Geant4's time is taken, in GeV")
    parser.add_argument("--reference", type=Path, nargs="*", default=[], help="a sample, or one of each kind")
    parser.add_argument("--floor", type=Path, nargs="*", default=[], help="as many")
    parser.add_argument("--showers", type=int, help="showers of each model; default: as the reference")
    parser.add_argument("--max-showers", type=int, default=5000, help="showers that classifiers see")
    parser.add_argument("--hits-only", action="store_true", help="deposits below the threshold are none")
    parser.add_argument("--bootstrap", type=int, default=20)
    parser.add_argument("--figure", type=Path, default=RESULTS / "quality_speed.png")
    parser.add_argument("--results", type=Path, default=RESULTS / "quality_speed.json")
    options = parser.parse_args()
    torch.set_num_threads(1)
    names = [*(options.models or models_of(options.detector)), *options.also]
    if not names:
        raise SystemExit(f"no shipped model makes showers of '{options.detector}': name some")
    generators = {name: loaded(name) for name in dict.fromkeys(names)}
    detectors = {generator.meta.detector.name for generator in generators.values()}
    if len(detectors) > 1:
        raise SystemExit("models of several detectors: " + ", ".join(sorted(detectors)))
    samples, found = given_samples(options), []
    for number, (particles, same) in enumerate(by_particles(generators).items()):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            if particles not in samples:
                detector = generators[same[0]].meta.detector
                showers = options.showers or DEFAULT_SHOWERS
                samples[particles] = made_samples(detector, same[0].split(":")[0], showers, folder)
            print(end="\n" if number else "")
            found.append(judged(same, generators, samples[particles], options, folder))
    result = {
        "machine": machine_name(),
        "threads": 1,
        "detector": detectors.pop(),
        "energy_gev": options.energy,
        "samples": found,
    }
    options.results.parent.mkdir(parents=True, exist_ok=True)
    options.results.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    draw(result, options.figure)
    print(options.figure)
    return 0


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

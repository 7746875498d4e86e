"""Fast simulation against full simulation for a beam that starts showering upstream, and its speed.

    python benchmarks/fast_sim_closure.py [--events 5000] [--model zdc-ecal-em] [--energy 10] [--low 0.03]

Electrons hit one radiation length of lead 100 mm in front of the ZDC ECAL. Four samples of the same incident
particles, each with a seed of its own: full simulation (the reference), full simulation again (the floor),
and fast simulation, in which the model takes what it was trained for above an energy, and then above a lower
one. Printed: response and resolution, of all and of those that start more than a millimetre from the gaps
between crystals, and hits, with their statistical errors, the radial profile, AUC of classifiers, core time a
shower. Times are processor times, so that other work on the machine matters little.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
from pathlib import Path

import numpy as np

from showerkit.data.shower_file import ShowerFile, read_showers
from showerkit.data.timing import read_timing
from showerkit.geometry import Calorimeter, load_detector
from showerkit.geometry.detectors.shared_materials import SHIPPED_MATERIALS
from showerkit.geometry.layer import UpstreamSlab
from showerkit.simulate.primaries import PrimaryConfig
from showerkit.workflow.evaluate import evaluate
from showerkit.workflow.simulate import simulate

RESULTS = Path(__file__).parent / "results"
#: Distance from a gap below which a particle may run along it.
GAP_MM = 1.0
SEEDS = {"full": 1, "fast": 3, "fast-low": 4, "floor": 2}
MEASURES = ("classifier.high_level.auc", "classifier.low_level.auc", "fpd.largest")


def behind_lead(thickness_mm: float) -> Calorimeter:
    """The ZDC ECAL behind a plate of lead."""
    bare = load_detector("zdc-ecal")
    plate = UpstreamSlab(material="lead", thickness_mm=thickness_mm, distance_mm=100.0)
    return Calorimeter.model_validate(
        {
            **dict(bare),
            "name": "zdc-ecal-behind-lead",
            "materials": (*bare.materials, SHIPPED_MATERIALS["lead"]),
            "upstream": (plate,),
        }
    )


def with_error(values: np.ndarray) -> tuple[float, float]:
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


def relative_spread(response: np.ndarray) -> tuple[float, float]:
    """Standard deviation over mean, with its error from the fourth moment."""
    mean, rms = float(response.mean()), float(response.std(ddof=1))
    fourth = float(((response - mean) ** 4).mean())
    error = float(np.sqrt(max(fourth - rms**4, 0.0) / len(response)) / (2.0 * rms))
    return rms / mean, error / mean


def inside_cells(position_mm: np.ndarray, detector: Calorimeter) -> np.ndarray:
    """Whether particles start more than `GAP_MM` away from all gaps between crystals."""
    inside = np.ones(len(position_mm), dtype=bool)
    for axis, (count, pitch_mm) in enumerate(
        ((detector.cells_x, detector.pitch_x_mm), (detector.cells_y, detector.pitch_y_mm))
    ):
        beyond = np.mod(position_mm[:, axis].astype(np.float64) + 0.5 * count * pitch_mm, pitch_mm)
        inside &= np.minimum(beyond, pitch_mm - beyond) > GAP_MM
    return inside


def facts(path: Path) -> dict[str, object]:
    """Response, resolution, hits and the radial profile of one sample, with statistical errors."""
    showers = read_showers(path)
    with ShowerFile(path) as file:
        detector, settings = file.detector, file.metadata.settings
    energy = showers.energy_mev.astype(np.float64)
    response = energy.sum(axis=1) / showers.incident.energy_mev
    hits = (energy > 0.1).sum(axis=1).astype(np.float64)
    inside = inside_cells(showers.incident.position_mm, detector)
    radius = np.hypot(detector.cell_positions_mm[:, 0], detector.cell_positions_mm[:, 1])
    rings = [
        with_error(energy[:, (radius >= 30.3 * k) & (radius < 30.3 * (k + 1))].sum(axis=1)) for k in range(6)
    ]
    timing = read_timing(path)
    return {
        "response": with_error(response),
        "resolution": relative_spread(response),
        "response, not in gaps": with_error(response[inside]),
        "resolution, not in gaps": relative_spread(response[inside]),
        "hits": with_error(hits),
        "rings_mev": rings,
        "core_ms": None if timing is None else timing.ms_per_shower,
        "taken": settings.get("fast_sim_taken"),
    }


def show(name: str, found: dict, reference: dict) -> None:
    print(f"{name}:", flush=True)
    for key in ("response", "resolution", "response, not in gaps", "resolution, not in gaps", "hits"):
        (value, error), (truth, truth_error) = found[key], reference[key]
        shift, shift_error = 100 * (value / truth - 1), 100 * np.hypot(error, truth_error) / truth
        print(f"  {key:24} {value:9.5f} +- {error:.5f}   shift {shift:+6.2f} +- {shift_error:.2f} %")
    shifts = [
        f"{100 * (a / b - 1):+.2f} +- {100 * np.hypot(da, db) / b:.2f}"
        for (a, da), (b, db) in zip(found["rings_mev"], reference["rings_mev"], strict=True)
    ]
    print("  energy in rings of one pitch about the axis, shift in %: " + ", ".join(shifts))
    ratio = reference["core_ms"] / found["core_ms"]
    print(f"  {found['core_ms']:.2f} ms a shower on one core: {ratio:.2f} times as fast")
    if found["taken"]:
        particles, share = found["taken"]["particles"], 100 * found["taken"]["energy_share"]
        print(f"  the model took {particles:,} particles, {share:.1f} % of the energy")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", type=int, default=5000)
    parser.add_argument("--model", default="zdc-ecal-em")
    parser.add_argument("--energy", type=float, default=10.0, help="GeV")
    parser.add_argument("--lead", type=float, default=5.6, help="mm of lead")
    parser.add_argument("--above", type=float, default=0.1, help="GeV, least energy that the model takes")
    parser.add_argument("--low", type=float, default=0.03, help="GeV, the same for the last sample")
    parser.add_argument("--also", action="append", help="particles taken though the model never saw them")
    parser.add_argument("--workers", type=int, default=None)
    parser.add_argument("--keep", type=Path, help="folder for the samples and the report")
    options = parser.parse_args()
    also = tuple(options.also or ())
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        detector = behind_lead(options.lead)
        paths = {name: folder / f"{name}.h5" for name in SEEDS}
        found: dict[str, dict] = {}
        print(f"{options.events} electrons of {options.energy:g} GeV behind {options.lead:g} mm of lead")
        for name, path in paths.items():
            fast = {}
            if name.startswith("fast"):
                fast = {
                    "fast_sim": options.model,
                    "fast_sim_above_gev": options.low if name == "fast-low" else options.above,
                    "fast_sim_also": also,
                }
            simulate(
                detector,
                path,
                n=options.events,
                primaries=PrimaryConfig(energy_gev=options.energy) if name == "full" else None,
                like=None if name == "full" else paths["full"],
                seed=SEEDS[name],
                workers=options.workers,
                resume=True,
                **fast,
            )
            found[name] = facts(path)
            show(name, found[name], found["full"])
        report = evaluate(
            paths["full"],
            [paths["fast"], paths["fast-low"]],
            folder / "report",
            floor=paths["floor"],
            two_samples={"max_showers": options.events},
        )
        metrics = json.loads((Path(report).parent / "metrics.json").read_text())
        for candidate in metrics["candidates"]:
            for key in MEASURES:
                one = candidate["measures"][key]
                figures = ("value", "error", "floor", "floor_error")
                found[candidate["name"]][key] = {figure: one[figure] for figure in figures}
                print(
                    f"{candidate['name']:10} {one['label']:45} {one['value']:.4g} +- {one['error']:.2g}"
                    f"   floor {one['floor']:.4g} +- {one['floor_error']:.2g}"
                )
        RESULTS.mkdir(exist_ok=True)
        machine = platform.processor() or platform.machine()
        settings = {key: str(value) for key, value in vars(options).items() if key != "keep"}
        written = {"machine": machine, "settings": settings, "also": also, "samples": found}
        (RESULTS / "fast_sim_closure.json").write_text(json.dumps(written, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

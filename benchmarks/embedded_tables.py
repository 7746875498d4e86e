"""How far the embedded tables and showers made with them are from Seltzer and Berger's cross sections.

    python benchmarks/embedded_tables.py REFERENCE_FILE [--showers] [-o result.json]

Without --showers it compares cross sections only. With it, showers of the same incident electrons are
simulated twice, with the embedded tables and with REFERENCE_FILE in Geant4's format in their place.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from showerkit.geometry import load_detector
from showerkit.simulate.geant4 import bremsstrahlung
from showerkit.simulate.geant4.client import simulate_chunks
from showerkit.simulate.geant4.data_folders import DATA_SETS
from showerkit.simulate.geant4.embedded_tables import (
    HIGHEST_Z,
    LEDATA_FOLDER,
    bremsstrahlung_text,
    write_tables,
)
from showerkit.simulate.geant4.seltzer_berger import read_seltzer_berger
from showerkit.simulate.geant4.settings import Geant4Settings
from showerkit.simulate.primaries import PrimaryConfig
from showerkit.simulate.worker_pool import LocalWorkers

DETECTORS = ("zdc-ecal", "zdc-ecal-pbwo4")
CELL_THRESHOLD_MEV = 1.0
CHUNK = 100
ALLOWED = 0.003
ALLOWED_ERRORS = 2.0


def compare_cross_sections(energy_mev, ratio, reference_mb):
    """Greatest relative deviations per range of energies."""
    reference_mb = reference_mb[:HIGHEST_Z]
    embedded_mb = np.array(
        [
            bremsstrahlung.scaled_cross_section_mb(z, energy_mev[:, None], ratio[None, :])
            for z in range(1, HIGHEST_Z + 1)
        ]
    )
    differential = np.abs(embedded_mb / reference_mb - 1.0)
    stopping = np.abs(np.trapezoid(embedded_mb, ratio) / np.trapezoid(reference_mb, ratio) - 1.0)
    middle = (ratio > 0.049) & (ratio < 0.951)
    rows = []
    for low, high in (
        (0.001, 0.01),
        (0.01, 0.1),
        (0.1, 0.5),
        (0.5, 2.0),
        (2.0, 20.0),
        (20.0, 1e3),
        (1e3, 1e4),
    ):
        here = (energy_mev >= low * 0.999) & (energy_mev <= high * 1.001)
        rows.append(
            {
                "energy_mev": [low, high],
                "radiative_stopping_power": float(stopping[:, here].max()),
                "differential_0.05_to_0.95": float(differential[:, here][:, :, middle].max()),
                "differential_tip_z_above_4": float(differential[4:, here][:, :, ratio > 0.951].max()),
                "differential_rms": float(np.sqrt((differential[:, here][:, :, middle] ** 2).mean())),
            }
        )
    return rows


def environment_of(folder):
    """Variables that point Geant4 at a folder of tables."""
    environment = dict.fromkeys(DATA_SETS, str(folder / "empty"))
    environment["G4LEDATA"] = str(folder / LEDATA_FOLDER)
    environment["G4ENSDFSTATEDATA"] = str(folder / "G4ENSDFSTATE")
    environment["GEANT4_DATA_DIR"] = str(folder)
    return environment


def data_folders(work, energy_mev, ratio, reference_mb):
    """Write the embedded tables, and the same with the reference's bremsstrahlung."""
    folders = {"embedded": work / "embedded", "reference": work / "reference"}
    for folder in folders.values():
        folder.mkdir()
        write_tables(folder)
    for z in range(1, HIGHEST_Z + 1):
        text = bremsstrahlung_text(energy_mev, ratio, reference_mb[z - 1])
        (folders["reference"] / LEDATA_FOLDER / "brem_SB" / f"br{z}").write_text(text, encoding="ascii")
    return {name: environment_of(folder) for name, folder in folders.items()}


def simulate(detector, environment, energy_gev, events, primary_seed, shower_seed, work):
    """Deposit, share of the hottest cell and number of cells above threshold of each event."""
    calorimeter = load_detector(detector)
    primaries = PrimaryConfig(particles=("e-",), energy_gev=energy_gev)

    def primaries_of(chunk):
        ids = np.arange(chunk * CHUNK, min((chunk + 1) * CHUNK, events), dtype=np.int64)
        return primaries.sample(primary_seed, ids, calorimeter), ids

    settings = Geant4Settings(detector=calorimeter, seed=shower_seed)
    chunks = range((events + CHUNK - 1) // CHUNK)
    parts, cpu_s = {}, 0.0
    for done in simulate_chunks(
        settings, environment, chunks, primaries_of, runner=LocalWorkers(1), log_dir=work
    ):
        cells_mev = done.showers.energy_mev.reshape(len(done.showers.event_id), -1).astype(np.float64)
        deposit = cells_mev.sum(axis=1)
        share = cells_mev.max(axis=1) / np.maximum(deposit, 1e-9)
        parts[done.chunk] = np.stack([deposit, share, (cells_mev > CELL_THRESHOLD_MEV).sum(axis=1)])
        cpu_s += done.cpu_s
    return np.concatenate([parts[chunk] for chunk in chunks], axis=1), cpu_s


def mean_difference(values, truths):
    """Relative difference of two means over the same incident particles, with its standard error."""
    paired = values / values.mean() - truths / truths.mean()
    difference = values.mean() / truths.mean() - 1.0
    return values.mean(), truths.mean(), difference, paired.std(ddof=1) / np.sqrt(values.size)


def spread_difference(values, truths):
    """Relative difference of two standard deviations, with its standard error from the fourth moments."""

    def relative_error(sample):
        deviation = sample - sample.mean()
        kurtosis = (deviation**4).mean() / sample.var() ** 2
        return np.sqrt(max(kurtosis - 1.0, 0.0) / (4.0 * sample.size))

    sigma, true_sigma = values.std(ddof=1), truths.std(ddof=1)
    error = np.hypot(relative_error(values), relative_error(truths))
    return sigma, true_sigma, sigma / true_sigma - 1.0, error


def compare_showers(samples):
    """Relative differences of the observables with their standard errors."""
    measures = {
        "mean deposit": (0, mean_difference),
        "spread of deposit": (0, spread_difference),
        "share of hottest cell": (1, mean_difference),
        "cells above 1 MeV": (2, mean_difference),
    }
    rows = []
    for name, (row, measure) in measures.items():
        value, truth, difference, error = measure(samples["embedded"][row], samples["reference"][row])
        rows.append(
            {
                "observable": name,
                "embedded": float(value),
                "reference": float(truth),
                "difference": float(difference),
                "standard_error": float(error),
                "agrees": bool(abs(difference) <= max(ALLOWED, ALLOWED_ERRORS * error)),
            }
        )
    return rows


def pool(results):
    """Weighted means of the differences over all samples, per observable."""
    rows = []
    for number, first in enumerate(results[0]["observables"]):
        differences = np.array([result["observables"][number]["difference"] for result in results])
        weights = np.array([result["observables"][number]["standard_error"] for result in results]) ** -2.0
        rows.append(
            {
                "observable": first["observable"],
                "difference": float((differences * weights).sum() / weights.sum()),
                "standard_error": float(weights.sum() ** -0.5),
            }
        )
    return rows


def print_cross_sections(rows):
    print("| T in MeV | radiative stopping power | differential, k/T 0.05-0.95 | tip, Z > 4 | rms |")
    print("| --- | --- | --- | --- | --- |")
    for row in rows:
        low, high = row["energy_mev"]
        values = [row[key] for key in list(row)[1:]]
        print(f"| {low:g} to {high:g} | " + " | ".join(f"{100 * value:.2f} %" for value in values) + " |")


def print_showers(results):
    print("| detector | GeV | events | observable | embedded | reference | difference | agrees |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for result in results:
        for row in result["observables"]:
            sample = f"{result['detector']} | {result['energy_gev']:g} | 2 x {result['events']}"
            print(
                f"| {sample} | {row['observable']} | "
                f"{row['embedded']:.5g} | {row['reference']:.5g} | "
                f"{100 * row['difference']:+.2f} +- {100 * row['standard_error']:.2f} % | "
                f"{'yes' if row['agrees'] else 'NO'} |"
            )
    for row in pool(results):
        error = f"{100 * row['difference']:+.2f} +- {100 * row['standard_error']:.2f} %"
        print(f"| all | | | {row['observable']} | | | {error} | |")


def write(path, result):
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("reference", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=Path("embedded_tables.json"))
    parser.add_argument("--showers", action="store_true")
    parser.add_argument("--energies", type=float, nargs="+", default=[1.0, 5.0, 20.0], help="GeV")
    parser.add_argument(
        "--events", type=int, nargs="+", default=[5000, 1000, 250], help="per energy and table"
    )
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if len(arguments.events) != len(arguments.energies):
        parser.error("--events needs as many numbers as --energies")
    energy_mev, ratio, reference_mb = read_seltzer_berger(arguments.reference)
    result = {"cross_sections": compare_cross_sections(energy_mev, ratio, reference_mb)}
    print_cross_sections(result["cross_sections"])
    if arguments.showers:
        result["seed"] = arguments.seed
        result["showers"] = []
        start = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            environments = data_folders(work, energy_mev, ratio, reference_mb)
            for detector in DETECTORS:
                for energy_gev, events in zip(arguments.energies, arguments.events, strict=True):
                    samples, cpu_s = {}, 0.0
                    for number, (name, environment) in enumerate(environments.items()):
                        shower_seed = arguments.seed + 1 + number
                        samples[name], used_s = simulate(
                            detector, environment, energy_gev, events, arguments.seed, shower_seed, work
                        )
                        cpu_s += used_s
                    result["showers"].append(
                        {
                            "detector": detector,
                            "energy_gev": energy_gev,
                            "events": events,
                            "cpu_s": cpu_s,
                            "observables": compare_showers(samples),
                        }
                    )
                    result["pooled"] = pool(result["showers"])
                    write(arguments.output, result)
                    print(f"{detector} {energy_gev:g} GeV: {cpu_s:.0f} s", file=sys.stderr, flush=True)
        print()
        print_showers(result["showers"])
        print(
            f"\nseed {arguments.seed}; {sum(r['cpu_s'] for r in result['showers']):.0f} s of processor time,"
        )
        print(f"{time.perf_counter() - start:.0f} s on the clock")
    write(arguments.output, result)
    return 0


if __name__ == "__main__":
    sys.exit(main())

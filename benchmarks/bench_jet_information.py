"""What is left to gain in the resolution of jets: boosted trees that are told more, or see more jets.

    python benchmarks/bench_jet_information.py [JETS TEST_JETS]

All learn the ratio of the true pT to that of the standard scale from the jet's variables, with bins of the
true pT that count alike. Added are the number of further collisions, which a detector knows but roughly, and
whether a gluon started the jet, which none knows; or the sample is smaller. A fifth of the jets, which the
trees do not see, corrects the responses, so that all close. Told are ratios of the resolution (half of what
the central 68 % of the responses cover, over their mean) to the standard scale's in bins of the true pT, with
bootstrap errors. Without files, small samples are simulated.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from matched_jets import add_samples, samples
from sklearn.ensemble import HistGradientBoostingRegressor

from showerkit.data.calibration_file import read_calibration_jets
from showerkit.data.jet_variables import jet_variables
from showerkit.models.jet_baseline_config import NumericalInversionConfig
from showerkit.reconstruct.energy_measurement import MeasuredEnergies
from showerkit.reconstruct.jet_response import corrected_jets, fit_jet_response
from showerkit.reconstruct.numerical_inversion import fit_numerical_inversion
from showerkit.train.jet_response_config import JetResponseSettings

RESULTS = Path(__file__).parent / "results"
BINS, WEIGHT_BINS, REPLICAS, GLUON = 6, 20, 50, 21
TOLD = {"variables": (), "and collisions": ("pile_up",), "and flavour": ("gluon",)}


def columns(jets, scale, names: tuple[str, ...]) -> np.ndarray:
    """What the trees are told."""
    more = {"pile_up": jets.pile_up, "gluon": jets.flavour == GLUON}
    return np.column_stack([jet_variables(jets), scale, *(more[name] for name in names)])


def widths(response: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Half of the central 68 % over the mean, in each bin."""
    found = []
    for number in range(BINS):
        inside = response[place == number]
        low, high = np.quantile(inside, [0.1587, 0.8413])
        found.append((high - low) / 2.0 / inside.mean())
    return np.array(found)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_samples(parser)
    told = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        jets, test = (read_calibration_jets(path) for path in samples(parser, told, Path(folder), 2000))
    true, test_true = (each.true_pt_gev.astype(np.float64) for each in (jets, test))
    inversion = fit_numerical_inversion(
        NumericalInversionConfig(area=0.5), jets.pt_gev.astype(np.float64), jets.eta.astype(np.float64), true,
        np.ones(len(true)), jets.rho_gev.astype(np.float64),
    )  # fmt: skip
    scale, test_scale = (
        inversion.predict(*(one.astype(np.float64) for one in (each.pt_gev, each.eta, each.rho_gev)))
        for each in (jets, test)
    )
    edges = np.linspace(np.floor(true.min()), np.ceil(true.max()), BINS + 1)
    place = np.clip(np.searchsorted(edges, test_true, side="right") - 1, 0, BINS - 1)
    fine = np.linspace(true.min(), true.max(), WEIGHT_BINS + 1)
    of_fine = np.clip(np.searchsorted(fine, true, side="right") - 1, 0, WEIGHT_BINS - 1)
    weight = 1.0 / np.bincount(of_fine, minlength=WEIGHT_BINS)[of_fine]
    learns = 4 * len(true) // 5
    random = np.random.default_rng(1)
    drawn = [random.integers(0, len(test_true), len(test_true)) for _ in range(REPLICAS)]
    drawn = [np.arange(len(test_true)), *drawn]
    reference = [widths((test_scale / test_true)[rows], place[rows]) for rows in drawn]
    trials = [(name, names, learns) for name, names in TOLD.items()]
    trials += [(f"{learns // part:,} jets", (), learns // part) for part in (2, 4)]
    result: dict[str, dict[str, list[float]]] = {}
    print(f"{'':>16s}" + "".join(f"{low:5.0f}-{high:<7.0f}" for low, high in pairwise(edges)) + "  mean")
    for name, names, number in trials:
        trees = HistGradientBoostingRegressor(
            max_iter=200, learning_rate=0.07, max_leaf_nodes=31, min_samples_leaf=50, random_state=1
        )
        seen = columns(jets, scale, names)
        trees.fit(seen[:number], (true / scale)[:number], sample_weight=weight[:number] / weight.mean())
        unseen = MeasuredEnergies(1000.0 * trees.predict(seen[learns:]) * scale[learns:])
        correction = fit_jet_response(
            JetResponseSettings(),
            unseen.energy_mev,
            1000.0 * true[learns:],
            jets.eta[learns:].astype(np.float64),
        )
        found = MeasuredEnergies(1000.0 * trees.predict(columns(test, test_scale, names)) * test_scale)
        pt = corrected_jets(correction, found, test.eta.astype(np.float64)).energy_mev / 1000.0
        ratios = [
            widths((pt / test_true)[rows], place[rows]) / one
            for rows, one in zip(drawn, reference, strict=True)
        ]
        ratios = np.array([np.append(one, np.exp(np.log(one).mean())) for one in ratios])
        error = ratios[1:].std(axis=0)
        result[name] = {"ratio": ratios[0].tolist(), "error": error.tolist()}
        cells = "".join(f" {one:.3f}+-{of:.3f}" for one, of in zip(ratios[0], error, strict=True))
        print(f"{name:>16s}{cells}", flush=True)
    RESULTS.mkdir(exist_ok=True)
    machine = f"{os.cpu_count()} x {platform.processor() or platform.machine()}"
    text = {"edges_gev": edges.tolist(), "train_jets": learns, "trials": result, "machine": machine}
    (RESULTS / "jet_information.json").write_text(json.dumps(text, indent=1) + "\n")


if __name__ == "__main__":
    main()

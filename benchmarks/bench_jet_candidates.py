"""How jets lie over their range of pT, and what the limit on their number of candidates does.

    python benchmarks/bench_jet_candidates.py [JETS [MODEL]]

Told are the numbers of jets in bins of equal width and in logarithmic ones. In bins of the true pT: how many
jets have more candidates than the file keeps and what share of their pT the lost ones have; the mean response
of these jets and of all, calibrated by the model; and what changes where the lists are cut further, to
the hardest 75, 50 or 25: the mean of the relative change of the calibrated pT of those jets that lose
any, and the ratio of the resolutions of all (half of what the central 68 % of the responses cover, over
their mean). Errors are standard errors of means and bootstrap errors. Without a file, a small sample is
simulated.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import tempfile
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from matched_jets import small_sample

from showerkit.data.calibration_file import CalibrationJetFile
from showerkit.reconstruct.jet_calibrator import load_jet_calibrator

RESULTS = Path(__file__).parent / "results"
EDGES_GEV = (30.0, 100.0, 300.0, 600.0, 1000.0, 2000.0)
CUTS, REPLICAS, AT_ONCE = (75, 50, 25), 50, 4096


def cut(jets, most: int):
    """Keep the hardest candidates alone."""
    mask = jets.mask.copy()
    mask[:, most:] = False
    return dataclasses.replace(jets, candidates=jets.candidates * mask[:, :, None], mask=mask)


def kept_share(jets) -> np.ndarray:
    """Transverse momentum of the vector sum of the kept candidates over that of the jet."""
    pt, phi = jets.candidates[:, :, 0] * jets.mask, jets.candidates[:, :, 2]
    return np.hypot((pt * np.cos(phi)).sum(axis=1), (pt * np.sin(phi)).sum(axis=1)) / jets.pt_gev


def width(response: np.ndarray) -> float:
    """Half of the central 68 % over the mean."""
    low, high = np.quantile(response, [0.1587, 0.8413])
    return float((high - low) / 2.0 / response.mean())


def with_error(values: np.ndarray) -> tuple[float, float]:
    """Mean and its standard error."""
    if len(values) < 2:
        return float(values.mean()) if len(values) else float("nan"), float("nan")
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("jets", type=Path, nargs="?", help="file of matched jets")
    parser.add_argument(
        "model", nargs="?", default="jet-energy-pfn-wide", help="run directory, model file or shipped name"
    )
    told = parser.parse_args()
    calibrator = load_jet_calibrator(told.model)
    rows = []
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        path = told.jets or small_sample(Path(folder) / "jets.h5", 2000, 1, "wide")
        file = stack.enter_context(CalibrationJetFile(path))
        limit = file.metadata.constituents
        for jets in file.iterate(AT_ONCE):
            columns = [
                jets.true_pt_gev,
                jets.n_candidates,
                kept_share(jets),
                calibrator.calibrate(jets).pt_gev,
            ]
            columns += [calibrator.calibrate(cut(jets, most)).pt_gev for most in CUTS]
            rows.append(np.stack(columns, axis=1).astype(np.float64))
    table = np.concatenate(rows)
    true, number, share, pt = table[:, :4].T
    shorter = dict(zip(CUTS, table[:, 4:].T, strict=True))
    random = np.random.default_rng(1)
    result = []
    for edges in (np.arange(0.0, 2001.0, 250.0), np.geomspace(30.0, 2000.0, 17)):
        counts = " ".join(
            f"{low:.0f}:{n}" for low, n in zip(edges, np.histogram(true, edges)[0], strict=False)
        )
        print(f"jets above each pT [GeV]: {counts} to {edges[-1]:.0f}")
    for low, high in [*pairwise(EDGES_GEV), (EDGES_GEV[0], EDGES_GEV[-1])]:
        inside = np.flatnonzero((true >= low) & (true < high))
        over = inside[number[inside] > limit]
        found = {
            "jets": len(inside),
            "mean_candidates": float(number[inside].mean()),
            "over": len(over),
            "lost_share": with_error(1.0 - share[over]),
            "response": with_error((pt / true)[inside]),
            "response_over": with_error((pt / true)[over]),
        }
        for most, other in shorter.items():
            losing = inside[number[inside] > most]
            drawn = [inside, *(random.choice(inside, len(inside)) for _ in range(REPLICAS))]
            ratios = np.array([width((other / true)[k]) / width((pt / true)[k]) for k in drawn])
            found[f"cut_{most}"] = {
                "losing": len(losing) / len(inside),
                "change": with_error((other / pt)[losing] - 1.0),
                "resolution_ratio": (float(ratios[0]), float(ratios[1:].std())),
            }
        result.append({"true_pt_gev": (low, high), **found})
        print(
            f"{low:.0f} to {high:.0f} GeV: {len(inside)} jets with {found['mean_candidates']:.1f} candidates"
        )
        words = (
            f"response - 1 of all {percent(minus_one(found['response']))}; {len(over)} with more than {limit}"
        )
        if len(over):
            words += f", which lose {percent(found['lost_share'])} of pT, "
            words += percent(minus_one(found["response_over"]))
        print(f"  {words}")
        for most in CUTS:
            one = found[f"cut_{most}"]
            ratio, error = one["resolution_ratio"]
            print(f"  cut to {most}: {100 * one['losing']:.1f} % of the jets lose candidates, pT changes by "
                  f"{percent(one['change'])}; resolution of all x {ratio:.3f} +- {error:.3f}")  # fmt: skip
    RESULTS.mkdir(exist_ok=True)
    machine = f"{os.cpu_count()} x {platform.processor() or platform.machine()}"
    text = {"limit": limit, "n_jets": len(table), "bins": result, "machine": machine}
    (RESULTS / "jet_candidates.json").write_text(json.dumps(text, indent=1) + "\n")


def minus_one(figure: tuple[float, float]) -> tuple[float, float]:
    """Distance from 1."""
    return figure[0] - 1.0, figure[1]


def percent(figure: tuple[float, float]) -> str:
    """A figure with its error in per cent."""
    return f"({100 * figure[0]:.2f} +- {100 * figure[1]:.2f}) %"


if __name__ == "__main__":
    main()

"""Small samples of matched jets for the benchmarks that are given none."""

from __future__ import annotations

import argparse
from pathlib import Path

from showerkit.simulate.jets.calibration_config import PRESETS, CalibrationJetConfig
from showerkit.workflow.simulate_calibration_jets import simulate_calibration_jets


def add_samples(parser: argparse.ArgumentParser) -> None:
    """Let a sample to learn from and another one be named, or none of them."""
    parser.add_argument("jets", type=Path, nargs="?", help="file of matched jets to learn from")
    parser.add_argument("test", type=Path, nargs="?", help="another one, to judge by")


def samples(
    parser: argparse.ArgumentParser, told: argparse.Namespace, folder: Path, number: int
) -> tuple[Path, Path]:
    """Give the samples that were named, or small ones: so many jets to learn from and half as many."""
    if (told.jets is None) != (told.test is None):
        parser.error("name a sample to learn from and one to judge by, or none of them")
    if told.jets is not None:
        return told.jets, told.test
    return small_sample(folder / "jets.h5", number, 1), small_sample(folder / "test.h5", number // 2, 2)


def small_sample(path: Path, number: int, seed: int, preset: str = "narrow") -> Path:
    """Simulate matched jets."""
    print(f"simulating {number:,} matched jets, since no file is named", flush=True)
    return simulate_calibration_jets(CalibrationJetConfig(**PRESETS[preset]), path, n=number, seed=seed)

"""Judge reconstructed energies against the true ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from showerkit.data.sample_names import sample_names
from showerkit.data.shower_file import ShowerFile
from showerkit.errors import DataError
from showerkit.evaluate.bootstrap import BootstrapWeights
from showerkit.evaluate.energy_bins import true_energy_edges
from showerkit.evaluate.energy_candidate import judge_candidate
from showerkit.evaluate.energy_notes import energy_notes
from showerkit.evaluate.energy_result import EnergyEvaluation
from showerkit.evaluate.energy_sample import read_candidate, read_truth
from showerkit.progress import SilentProgress
from showerkit.simulate.particles import PARTICLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from showerkit.evaluate.energy_settings import EnergyEvaluationConfig
    from showerkit.progress import Progress
    from showerkit.typing import IntArray


def evaluate_reconstructions(
    reference: Path | str,
    candidates: Sequence[Path | str],
    config: EnergyEvaluationConfig,
    *,
    command: str = "",
    progress: Progress | None = None,
) -> EnergyEvaluation:
    """Judge files of reconstructed energies against the true energies of their showers.

    All candidates get the same bootstrap weights, so that ratios to the first have errors of the difference.

    Parameters
    ----------
    reference
        The shower file that the energies were reconstructed from.
    candidates
        Files of reconstructed energies, at least one.
    config
        How to judge.
    command
        How the evaluation was called, for the report.
    progress
        Told how many candidates are done.

    Returns
    -------
    EnergyEvaluation
        All figures.

    Raises
    ------
    DataError
        If a file is empty, given twice, of another detector or of other events.
    """
    progress = progress or SilentProgress()
    if not candidates:
        raise DataError("candidates", got="none", expected="at least one file of reconstructed energies")
    _refuse_twice(candidates)
    names = sample_names([*candidates, reference])
    truth = read_truth(reference, names[-1])
    with ShowerFile(reference) as showers:
        fingerprint = showers.fingerprint()
    samples = [read_candidate(path, name, truth) for path, name in zip(candidates, names, strict=False)]
    weights = BootstrapWeights(config.seed, config.bootstrap).rows(0, len(truth))
    edges = true_energy_edges(truth.energy_mev, truth.metadata.settings, config.bins)
    particles = _particle_names(truth.pdg)
    progress.start("evaluate", len(samples), "models")
    judged = []
    for sample in samples:
        judged.append(judge_candidate(sample, samples[0], truth, edges, weights, config, particles))
        progress.advance(1)
    progress.finish()
    result = EnergyEvaluation(
        config=config,
        reference=truth,
        edges_mev=edges,
        candidates=tuple(judged),
        notes=(),
        command=command,
    )
    return replace(result, notes=energy_notes(result, fingerprint))


def _refuse_twice(candidates: Sequence[Path | str]) -> None:
    seen: set[Path] = set()
    for path in candidates:
        resolved = Path(path).resolve()
        if resolved in seen:
            raise DataError(f"{path}", got="a file that is named twice", expected="different files")
        seen.add(resolved)


def _particle_names(pdg: IntArray) -> dict[int, str]:
    """Names of the particles by their codes, if there are several."""
    codes = np.unique(pdg).tolist()
    known = {particle.pdg: particle.name for particle in PARTICLES}
    return {} if len(codes) < 2 else {code: known.get(code, f"PDG {code}") for code in codes}

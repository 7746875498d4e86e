"""Everything that is measured of one candidate's reconstructed energies."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.errors import DataError
from showerkit.evaluate.bootstrap import replica_error
from showerkit.evaluate.edge_step import edge_step
from showerkit.evaluate.energy_bins import predicted_energy_edges
from showerkit.evaluate.energy_figures_of_merit import (
    ONE_SIGMA,
    SIGMA,
    bias_measures,
    inner_resolution_measures,
    measure,
    resolution_measures,
    scaled_residuals,
    scaled_widths,
)
from showerkit.evaluate.energy_resolution import energy_resolution
from showerkit.evaluate.energy_result import EnergyCandidate, ParticleResult
from showerkit.evaluate.interval_coverage import CoverageCurve, coverage_curve
from showerkit.evaluate.measurement import Measurement
from showerkit.evaluate.nominal_coverage import nominal_coverage
from showerkit.evaluate.predicted_calibration import predicted_calibration
from showerkit.evaluate.pulls import pull_curve
from showerkit.evaluate.resolution_fit import ResolutionFit, fit_resolution
from showerkit.evaluate.result import Curve
from showerkit.units import MEV_PER_GEV

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from showerkit.evaluate.edge_step import EdgeStep
    from showerkit.evaluate.energy_resolution import EnergyResolution
    from showerkit.evaluate.energy_sample import CandidateEnergies, TrueEnergies
    from showerkit.evaluate.energy_settings import EnergyEvaluationConfig
    from showerkit.typing import FloatArray

#: Bins with fewer events tell nothing of a coverage to a per cent or so.
_FEWEST_COVERED: Final = 100
_TERM_LABELS: Final = {
    "stochastic": ("Stochastic term a", "√GeV", 1.0),
    "constant": ("Constant term b", "%", 100.0),
    "noise": ("Noise term c", "GeV", 1.0),
}


def judge_candidate(
    sample: CandidateEnergies,
    first: CandidateEnergies,
    truth: TrueEnergies,
    edges_mev: FloatArray,
    weights: NDArray[np.uint8],
    config: EnergyEvaluationConfig,
    particle_names: dict[int, str],
) -> EnergyCandidate:
    """Measure one candidate.

    Parameters
    ----------
    sample, first
        The candidate, and that to which ratios are taken.
    truth
        The true energies.
    edges_mev
        Edges of the bins of true energy in MeV.
    weights
        Bootstrap weights of the events, shape (N, R), the same for every candidate.
    config
        The settings.
    particle_names
        Names of particles by their codes, of those that are in the reference if there are several.

    Returns
    -------
    EnergyCandidate
        What was found.
    """
    true, predicted = truth.energy_mev, sample.energy_mev
    widths = scaled_widths(true, predicted, weights)
    binned = energy_resolution(true, predicted, weights, edges_mev)
    is_first = sample is first
    first_widths = widths if is_first else scaled_widths(true, first.energy_mev, weights)
    first_binned = binned if is_first else energy_resolution(true, first.energy_mev, weights, edges_mev)
    measures = resolution_measures(widths, first_widths)
    low, high = float(edges_mev[1]), float(edges_mev[-2])
    rows = np.flatnonzero((true >= low) & (true <= high))
    measures |= inner_resolution_measures(
        scaled_widths(true[rows], predicted[rows], weights[rows]),
        scaled_widths(true[rows], first.energy_mev[rows], weights[rows]),
        low,
        high,
    )
    bias = binned.response - 1.0
    inner = np.ones(len(edges_mev) - 1, dtype=bool)
    inner[[0, -1]] = False
    measures |= bias_measures(bias, binned.energy_mev, inner, config.tolerated_bias)
    curves = _energy_curves(binned, edges_mev)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = binned.spread / first_binned.spread
    curves["ratio_to_first"] = Curve(binned.energy_mev, edges_mev, ratio[0], replica_error(ratio))
    curves["scaled_residuals"] = _histogram(
        scaled_residuals(true, predicted),
        4.0 * float(widths.core[0, 0]),
        config.residual_bins,
    )
    predicted_edges = predicted_energy_edges(edges_mev, predicted)
    calibration_energy, calibration = predicted_calibration(true, predicted, weights, predicted_edges)
    curves["given_prediction"] = Curve(
        calibration_energy, predicted_edges, calibration.mean[0], replica_error(calibration.mean)
    )
    inner_predictions = (predicted_edges[:-1] >= edges_mev[1]) & (predicted_edges[1:] <= edges_mev[-2])
    with np.errstate(invalid="ignore", divide="ignore"):
        relative = calibration.mean / calibration_energy
    measures |= bias_measures(
        relative, calibration_energy, inner_predictions, config.tolerated_bias, "reconstructed"
    )
    within = (predicted_edges[:-1] >= edges_mev[0]) & (predicted_edges[1:] <= edges_mev[-1])
    steps = _steps(
        binned.energy_mev,
        bias * binned.energy_mev,
        binned.spread[0] * binned.energy_mev,
        config.edge_line_bins,
    )
    steps_given_prediction = _steps(
        np.where(within, calibration_energy, np.nan),
        calibration.mean,
        calibration.spread[0],
        config.edge_line_bins,
    )
    fits = _fits(binned)
    for term_measure in _fit_measures(fits):
        measures[term_measure.key] = term_measure
    if sample.sigma_mev is not None:
        pull_measures, pull_curves = _pulls(sample, sample.sigma_mev, truth, edges_mev, weights, config)
        measures |= pull_measures
        curves |= pull_curves
    nominal = nominal_coverage(sample.metadata.model, ONE_SIGMA)
    coverage: dict[str, CoverageCurve] = {}
    if sample.low_mev is not None and sample.high_mev is not None:
        covered = (sample.low_mev <= true) & (true <= sample.high_mev)
        coverage = {
            "true": coverage_curve(covered, true, edges_mev),
            "predicted": coverage_curve(covered, predicted, predicted_edges),
        }
        measures |= _coverage_measures(coverage["true"], nominal)
    return EnergyCandidate(
        sample=sample,
        measures=measures,
        curves=curves,
        fits=fits,
        steps=steps,
        steps_given_prediction=steps_given_prediction,
        coverage=coverage,
        nominal_coverage=nominal,
        particles=tuple(
            _of_particle(pdg, name, sample, first, truth, weights) for pdg, name in particle_names.items()
        ),
        outside_range=int(((predicted < edges_mev[0]) | (predicted > edges_mev[-1])).sum()),
    )


def _energy_curves(binned: EnergyResolution, edges_mev: FloatArray) -> dict[str, Curve]:
    """Dependences on the true energy."""
    root = np.sqrt(binned.energy_mev / MEV_PER_GEV)
    replicas = {
        "response": binned.response,
        "bias_mev": (binned.response - 1.0) * binned.energy_mev,
        "resolution_spread": binned.spread,
        "resolution_core": binned.core,
        "scaled_spread": binned.spread * root,
        "scaled_core": binned.core * root,
        "mean_predicted": binned.response * binned.energy_mev,
    }
    return {
        name: Curve(binned.energy_mev, edges_mev, values[0], replica_error(values))
        for name, values in replicas.items()
    }


def _histogram(values: FloatArray, half_width: float, bins: int) -> Curve:
    """Density of a quantity about 0; its integral is the share of the events within the range."""
    edges = np.linspace(-half_width, half_width, bins + 1)
    counts = np.histogram(values, bins=edges)[0].astype(np.float64)
    norm = len(values) * (edges[1] - edges[0])
    return Curve(0.5 * (edges[1:] + edges[:-1]), edges, counts / norm, np.sqrt(counts) / norm)


def _steps(
    energy_mev: FloatArray, mean_mev: FloatArray, spread_mev: FloatArray, line_bins: int
) -> tuple[EdgeStep, ...]:
    found = (
        edge_step(energy_mev, mean_mev, spread_mev, "lower", line_bins),
        edge_step(energy_mev, mean_mev, spread_mev, "upper", line_bins),
    )
    return tuple(step for step in found if step is not None)


def _fits(binned: EnergyResolution) -> dict[str, ResolutionFit]:
    fits: dict[str, ResolutionFit] = {}
    for name, replicas in (("spread", binned.spread), ("core", binned.core)):
        error = replica_error(replicas)
        usable = (replicas[0] > 0.0) & (error > 0.0)
        try:
            fits[name] = fit_resolution(
                np.where(usable, binned.energy_mev, np.nan), np.where(usable, replicas[0], np.nan), error
            )
        except DataError:
            # Fewer bins with events than terms: there is nothing to fit.
            continue
    return fits


def _fit_measures(fits: dict[str, ResolutionFit]) -> list[Measurement]:
    fit = fits.get("spread")
    if fit is None:
        return []
    found = []
    for number, term in enumerate(fit.terms):
        label, unit, factor = _TERM_LABELS[term]
        error = float(fit.errors[number])
        if not math.isfinite(error):
            error = float(fit.high[number] - fit.values[number])
        found.append(
            Measurement(
                f"fit.{term}",
                label,
                unit,
                "Fit a/√E ⊕ b ⊕ c/E",
                "level",
                factor * float(fit.values[number]),
                factor * error,
            )
        )
    return found


def _pulls(
    sample: CandidateEnergies,
    sigma_mev: FloatArray,
    truth: TrueEnergies,
    edges_mev: FloatArray,
    weights: NDArray[np.uint8],
    config: EnergyEvaluationConfig,
) -> tuple[dict[str, Measurement], dict[str, Curve]]:
    true, predicted = truth.energy_mev, sample.energy_mev
    whole = pull_curve(true, predicted, sigma_mev, weights, edges_mev[[0, -1]])
    binned = pull_curve(true, predicted, sigma_mev, weights, edges_mev)
    group = f"Pulls (E - E_rec)/{SIGMA}"
    found = [
        measure("pull.mean", "Mean", "", group, whole.mean[:, 0], "shift"),
        measure("pull.width", "Width (standard deviation)", "", group, whole.spread[:, 0]),
        measure("pull.core", "Width (central 68 %)", "", group, whole.core[:, 0]),
    ]
    curves = {
        f"pull_{name}": Curve(binned.energy_mev, edges_mev, values[0], replica_error(values))
        for name, values in (("mean", binned.mean), ("width", binned.spread), ("core", binned.core))
    }
    curves["pulls"] = _histogram((true - predicted) / sigma_mev, 5.0, config.residual_bins)
    return {one.key: one for one in found}, curves


def _coverage_measures(curve: CoverageCurve, nominal: float) -> dict[str, Measurement]:
    group = f"Coverage of the intervals, {100.0 * nominal:.3g} % nominal"
    share = curve.covered.sum() / curve.events.sum()
    found = {
        "coverage.overall": Measurement(
            "coverage.overall",
            "Over all events",
            "%",
            group,
            "level",
            100.0 * float(share),
            100.0 * math.sqrt(float(share * (1.0 - share)) / float(curve.events.sum())),
        )
    }
    filled = np.flatnonzero(curve.events >= _FEWEST_COVERED)
    if len(filled) == 0:
        return found
    chosen = (("lowest", "Lowest", np.argmin), ("highest", "Highest", np.argmax))
    for key, label, choose in chosen:
        place = filled[int(choose(curve.coverage[filled]))]
        energy = curve.energy_mev[place] / MEV_PER_GEV
        half = 0.5 * (curve.high[place] - curve.low[place])
        found[f"coverage.{key}"] = Measurement(
            f"coverage.{key}",
            f"{label} in a bin (at {energy:.3g} GeV)",
            "%",
            group,
            "level",
            100.0 * float(curve.coverage[place]),
            100.0 * float(half),
        )
    return found


def _of_particle(
    pdg: int,
    name: str,
    sample: CandidateEnergies,
    first: CandidateEnergies,
    truth: TrueEnergies,
    weights: NDArray[np.uint8],
) -> ParticleResult:
    rows = np.flatnonzero(truth.pdg == pdg)
    true, of_rows = truth.energy_mev[rows], weights[rows]
    widths = scaled_widths(true, sample.energy_mev[rows], of_rows)
    measures = resolution_measures(widths, scaled_widths(true, first.energy_mev[rows], of_rows))
    ends = np.array([true.min(), np.nextafter(true.max(), np.inf)])
    response = energy_resolution(true, sample.energy_mev[rows], of_rows, ends).response[:, 0]
    measures["response"] = measure("response", "Response", "", "Response", response)
    if sample.low_mev is not None and sample.high_mev is not None:
        covered = (sample.low_mev[rows] <= true) & (true <= sample.high_mev[rows])
        curve = coverage_curve(covered, true, ends)
        measures["coverage.overall"] = _coverage_measures(curve, ONE_SIGMA)["coverage.overall"]
    return ParticleResult(pdg, name, len(rows), measures)

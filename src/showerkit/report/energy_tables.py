"""Tables of an evaluation of reconstructed energies."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from showerkit.evaluate.energy_figures_of_merit import SIGMA
from showerkit.report.markdown import NONE, Grid
from showerkit.report.numbers import plain_number, value_with_error

if TYPE_CHECKING:
    from showerkit.evaluate.edge_step import EdgeStep
    from showerkit.evaluate.energy_result import EnergyCandidate, EnergyEvaluation
    from showerkit.evaluate.measurement import Measurement


def shown(measure: Measurement | None) -> str:
    """A figure with its error, or a word that there is none.

    Examples
    --------
    >>> shown(None)
    'n/a'
    """
    return NONE if measure is None else value_with_error(measure.value, measure.error)


def overview_grid(result: EnergyEvaluation) -> Grid:
    """Key figures, a row for each model.

    Parameters
    ----------
    result
        The evaluation.

    Returns
    -------
    list of list of str
        The rows, the first being the heading.
    """
    edges = result.edges_mev / 1000.0
    first = result.candidates[0].name
    grid = [
        [
            "Model",
            f"{SIGMA}/√E, √GeV",
            f"Ratio to {first}",
            f"{SIGMA}/√E {edges[1]:g} to {edges[-2]:g} GeV, √GeV",
            f"Ratio to {first}",
            f"Central 68 %, ratio to {first}",
            f"Largest bias {edges[1]:g} to {edges[-2]:g} GeV, %",
            "The same given E_rec, %",
            "Pull width",
            "Coverage, lowest to highest bin, %",
            "ms per shower",
        ]
    ]
    for number, candidate in enumerate(result.candidates):
        found = candidate.measures
        grid.append(
            [
                candidate.name,
                shown(found["resolution.spread"]),
                "1" if number == 0 else shown(found["ratio.spread"]),
                shown(found["resolution.inner"]),
                "1" if number == 0 else shown(found["ratio.inner"]),
                "1" if number == 0 else shown(found["ratio.core"]),
                shown(found.get("bias.largest")),
                shown(found.get("calibration.largest")),
                shown(found.get("pull.width")),
                _coverage_range(candidate),
                _time(candidate),
            ]
        )
    return grid


def _coverage_range(candidate: EnergyCandidate) -> str:
    low, high = (candidate.measures.get(f"coverage.{name}") for name in ("lowest", "highest"))
    if low is None or high is None:
        overall = candidate.measures.get("coverage.overall")
        return NONE if overall is None else f"{shown(overall)} (all)"
    return f"{low.value:.1f} to {high.value:.1f}"


def _time(candidate: EnergyCandidate) -> str:
    timing = candidate.sample.timing
    return NONE if timing is None else plain_number(timing.ms_per_shower)


def fit_grid(result: EnergyEvaluation) -> Grid:
    """Fitted terms of the resolution, a row for each model.

    A term that the data would rather have below 0 is given as the 68 % interval from 0.
    """
    grid = [["Model", "a, √GeV", "b, %", "c, GeV", "chi-square / ndf", "p-value"]]
    for candidate in result.candidates:
        fit = candidate.fits.get("spread")
        if fit is None:
            grid.append([candidate.name, *[NONE] * 5])
            continue
        terms = []
        for number, term in enumerate(fit.terms):
            factor = 100.0 if term == "constant" else 1.0
            if fit.at_limit[number]:
                terms.append(f"< {plain_number(factor * float(fit.high[number]))}")
            else:
                value, error = factor * float(fit.values[number]), factor * float(fit.errors[number])
                terms.append(value_with_error(value, error))
        grid.append(
            [candidate.name, *terms, f"{fit.chi2:.1f} / {fit.ndf}", probability(fit.p_value)],
        )
    return grid


def edge_grid(result: EnergyEvaluation) -> Grid:
    """Steps at the edges of the energy range, a row for each model, edge and condition."""
    grid = [["Model", "Edge", "Given", "Step, MeV", f"Step / {SIGMA} there", "p-value"]]
    for candidate in result.candidates:
        for given, steps in (
            ("true energy", candidate.steps),
            ("reconstructed energy", candidate.steps_given_prediction),
        ):
            grid += [[candidate.name, step.edge, given, *_step_cells(step)] for step in steps]
    return grid


def _step_cells(step: EdgeStep) -> list[str]:
    over = value_with_error(step.over_spread, abs(step.over_spread * step.error_mev / step.step_mev))
    return [value_with_error(step.step_mev, step.error_mev), over, probability(step.p_value)]


def probability(value: float) -> str:
    """A p-value to two digits.

    Examples
    --------
    >>> probability(0.0341), probability(1e-12)
    ('0.034', '< 0.0001')
    """
    if not math.isfinite(value):
        return NONE
    return "< 0.0001" if value < 1e-4 else f"{value:.2g}"


def particle_grid(result: EnergyEvaluation) -> Grid:
    """Response and resolution by particle, a row for each particle and model; the heading alone for one."""
    first = result.candidates[0].name
    grid = [
        ["Particle", "Events", "Model", "Response", f"{SIGMA}/√E, √GeV", f"Ratio to {first}", "Coverage, %"]
    ]
    for number, particle in enumerate(result.candidates[0].particles):
        for place, candidate in enumerate(result.candidates):
            found = candidate.particles[number].measures
            grid.append(
                [
                    particle.name,
                    f"{particle.events:,}",
                    candidate.name,
                    shown(found["response"]),
                    shown(found["resolution.spread"]),
                    "1" if place == 0 else shown(found["ratio.spread"]),
                    shown(found.get("coverage.overall")),
                ]
            )
    return grid


def measures_by_group(result: EnergyEvaluation) -> dict[str, Grid]:
    """Every figure, a row for each with one column a model, by group."""
    groups: dict[str, Grid] = {}
    keys: dict[str, None] = {}
    for candidate in result.candidates:
        keys |= dict.fromkeys(candidate.measures)
    for key in keys:
        having = [candidate.measures.get(key) for candidate in result.candidates]
        known = next(one for one in having if one is not None)
        # Labels of figures at the worst bin name its energy, which differs between models.
        labels = {one.label for one in having if one is not None}
        label = known.label if len(labels) == 1 else known.label.partition(" (at ")[0]
        groups.setdefault(known.group, []).append([label, known.unit, *(shown(one) for one in having)])
    return groups

"""Tables of an evaluation of calibrated jets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.evaluate.jet_energy.pt_words import pt_number
from showerkit.report.energy_tables import shown
from showerkit.report.markdown import NONE, Grid
from showerkit.report.numbers import plain_number, value_with_error

if TYPE_CHECKING:
    from showerkit.evaluate.jet_energy.aims import Aim
    from showerkit.evaluate.jet_energy.result import CalibrationResult, JetEnergyEvaluation
    from showerkit.report.verdict import Grade

#: How the report marks an aim.
GRADES: Final[dict[str, Grade]] = {"met": "good", "open": "fair", "missed": "poor"}
#: Figures that are 1 for the baseline.
_RATIOS: Final = ("resolution.ratio", "resolution.ratio_worst", "flavour.ratio")
_OVERVIEW: Final = (
    ("resolution.ratio", "Resolution, ratio to {baseline}"),
    ("resolution.ratio_worst", "The same, worst bin of pT"),
    ("closure.pt", "Closure, worst bin of pT, %"),
    ("closure.eta", "Closure, worst bin of |eta|, %"),
    ("flavour.quark_gluon", "|Quark - gluon|, %"),
    ("flavour.ratio", "|Quark - gluon|, ratio to {baseline}"),
    ("pile_up.slope", "Slope with pile-up, % per collision"),
    ("pull.width", "Pull width"),
    ("coverage.overall", "Coverage, %"),
)


def overview_grid(result: JetEnergyEvaluation) -> Grid:
    """Key figures, a row for each calibration; columns that are empty for all are left out.

    Parameters
    ----------
    result
        The evaluation.

    Returns
    -------
    list of list of str
        The rows, the first being the heading.
    """
    columns = [
        (key, words) for key, words in _OVERVIEW if any(key in one.measures for one in result.calibrations)
    ]
    heading = [words.format(baseline=result.baseline_name) for _, words in columns]
    timed = any(one.sample.timing is not None for one in result.calibrations)
    learned = [_jets_learned_from(one) for one in result.calibrations]
    counted = any(learned)
    grid = [
        [
            "Calibration",
            *heading,
            *(["Learned from, jets"] if counted else []),
            *(["ms per jet"] if timed else []),
        ]
    ]
    for number, one in enumerate(result.calibrations):
        cells = [
            "1" if number == result.baseline and key in _RATIOS else shown(one.measures.get(key))
            for key, _ in columns
        ]
        jets = [f"{learned[number]:,}" if learned[number] else NONE] if counted else []
        time = one.sample.timing
        told = [NONE if time is None else plain_number(time.ms_per_shower)] if timed else []
        grid.append([one.name, *cells, *jets, *told])
    return grid


def _jets_learned_from(one: CalibrationResult) -> int:
    """Training jets of a calibration, 0 where it does not say."""
    told = {} if one.sample.metadata is None else one.sample.metadata.model
    number = told.get("n_train")
    return number if isinstance(number, int) else 0


def aim_rows(result: JetEnergyEvaluation) -> list[tuple[str, str, list[Aim | None]]]:
    """Aims, each with its words and what is wanted, and how far every candidate is from it."""
    judged = judged_calibrations(result)
    rows: dict[str, tuple[str, str, list[Aim | None]]] = {}
    # The baseline lacks some aims: whoever has most of them gives the order.
    for one in sorted(judged, key=lambda each: -len(each.aims)):
        for aim in one.aims:
            rows.setdefault(aim.key, (aim.words, aim.wanted, [None] * len(judged)))
    for place, one in enumerate(judged):
        for aim in one.aims:
            rows[aim.key][2][place] = aim
    return list(rows.values())


def judged_calibrations(result: JetEnergyEvaluation) -> list[CalibrationResult]:
    """Those that are held against the aims: all but the uncalibrated jets."""
    return [one for one in result.calibrations if one.sample.metadata is not None]


def aim_words(aim: Aim | None) -> str:
    """An aim's figure with its error and unit, or a word that there is none."""
    if aim is None:
        return NONE
    return f"{value_with_error(aim.value, aim.error)} {aim.unit}".rstrip()


def aim_grid(result: JetEnergyEvaluation) -> Grid:
    """Write the aims and whether they are reached, a row for each, in words alone."""
    grid = [["Aim", "Wanted", *(one.name for one in judged_calibrations(result))]]
    for words, wanted, cells in aim_rows(result):
        told = [aim_words(aim) + ("" if aim is None else f" ({aim.reached})") for aim in cells]
        grid.append([words, wanted, *told])
    return grid


def pt_grid(result: JetEnergyEvaluation) -> Grid:
    """Closure and resolution in bins of pT, a row for each bin and column pair for each calibration."""
    return _binned_grid(result, "pt", result.pt_edges_gev, "True pT, GeV")


def eta_grid(result: JetEnergyEvaluation) -> Grid:
    """Closure and resolution in bins of |eta|."""
    return _binned_grid(result, "eta", result.abs_eta_edges, "True |eta|")


def _binned_grid(result: JetEnergyEvaluation, axis: str, edges: np.ndarray, heading: str) -> Grid:
    grid = [[heading]]
    for number, one in enumerate(result.calibrations):
        grid[0] += [f"{one.name}: closure, %", "resolution, %"]
        if number != result.baseline:
            grid[0].append("ratio")
    for place in range(len(edges) - 1):
        row = [f"{pt_number(edges[place])} to {pt_number(edges[place + 1])}"]
        for number, one in enumerate(result.calibrations):
            response, width, ratio = (
                one.curves[f"{name}_{axis}"] for name in ("response", "resolution", "ratio")
            )
            row += [
                value_with_error(
                    100.0 * (float(response.y[place]) - 1.0), 100.0 * float(response.error[place])
                ),
                value_with_error(100.0 * float(width.y[place]), 100.0 * float(width.error[place])),
            ]
            if number != result.baseline:
                row.append(value_with_error(float(ratio.y[place]), float(ratio.error[place])))
        if any(cell != NONE for cell in row[1:]):
            grid.append(row)
    return grid


def measures_by_group(result: JetEnergyEvaluation) -> dict[str, Grid]:
    """Every figure, a row for each with one column a calibration, by group."""
    groups: dict[str, Grid] = {}
    for key in dict.fromkeys(key for one in result.calibrations for key in one.measures):
        having = [one.measures.get(key) for one in result.calibrations]
        known = next(one for one in having if one is not None)
        # Labels of figures at the worst bin name it, and the calibrations' worst bins differ.
        labels = {one.label for one in having if one is not None}
        if len(labels) == 1:
            cells = [shown(one) for one in having]
        else:
            cells = [NONE if one is None else f"{shown(one)} {_place(one.label)}" for one in having]
        label = known.label if len(labels) == 1 else known.label.partition(" (at ")[0]
        groups.setdefault(known.group, []).append([label, known.unit, *cells])
    return groups


def _place(label: str) -> str:
    return "(" + label.partition(" (at ")[2] if " (at " in label else ""


def key_lines(result: JetEnergyEvaluation) -> list[str]:
    """Key figures, a line for each calibration."""
    heading, *rows = overview_grid(result)
    lines = []
    for row in rows:
        told = [f"{name} {cell}" for name, cell in zip(heading[1:], row[1:], strict=True) if cell != NONE]
        lines.append(f"{row[0]}: {'; '.join(told)}")
    return lines

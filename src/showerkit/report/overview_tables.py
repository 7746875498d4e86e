"""Tables with one row a run: what was trained, and the key figures."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Final

from showerkit.report.energy_ranges import highest_range, worst_range
from showerkit.report.markdown import NONE, Grid
from showerkit.report.numbers import TIMES, plain_number, value_with_error
from showerkit.report.quantities import (
    AUC_CELLS,
    AUC_OBSERVABLES,
    CENTRE_SPREAD,
    FPD,
    MSE,
    Estimate,
    Quantity,
    measured,
)
from showerkit.report.run_record import same_floor

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from showerkit.report.run_record import RunRecord
    from showerkit.report.training_stages import TrainingStage

#: Runs within so many standard errors of the best are set in bold type as well.
_AS_GOOD: Final = 2.0
_RESPONSE: Final = Quantity("response", "%", measured("response.shift"), nearest_zero=True)
_RESOLUTION: Final = Quantity("resolution", "%", measured("resolution.shift"), nearest_zero=True)
_HIGHEST: Final = Quantity("highest energies", "", highest_range)
_COLUMNS: Final = (MSE, _HIGHEST, CENTRE_SPREAD, AUC_OBSERVABLES, AUC_CELLS, FPD, _RESPONSE, _RESOLUTION)


def training_grid(records: Sequence[RunRecord]) -> Grid:
    """Write how the runs were trained: epochs, showers seen and time of each stage, end, seeds, speed."""
    heading = [
        "",
        "Training sample",
        "Judged by",
        "Stage 1 of",
        "Epochs",
        "Showers seen",
        "Training time",
        "Ended",
    ]
    grid = [[*heading, "Trained on", "Seeds", "Core time per shower"]]
    for record in records:
        row = [
            record.name,
            _count(record.environment.get("data_events"), "showers"),
            _count(record.candidate.n_events, "showers"),
            record.start or ("its own" if record.adversarial else "no stage 2"),
            _stages(record, lambda stage: f"{stage.epochs:,}"),
            _stages(record, lambda stage: _seen(stage.showers)),
            _stages(record, lambda stage: duration(stage.seconds)),
            ending(record),
            _machine(record),
            _seeds(record),
            speed(record),
        ]
        grid.append(row)
    return grid


def key_grid(records: Sequence[RunRecord]) -> Grid:
    """Write the figures by which runs are judged; what is as good as the best is in bold type."""
    heading = ["Run", MSE.name, "worst range", _HIGHEST.name, "centre bias x; y [mm]", CENTRE_SPREAD.heading]
    heading += [AUC_OBSERVABLES.name, f"{AUC_CELLS.name} (scatter)", FPD.name, _RESPONSE.heading]
    grid = [[*heading, _RESOLUTION.heading, "training", "ms per shower"]]
    best = {quantity.name: _best(quantity, records) for quantity in _COLUMNS}
    shown = [record_of_floor(records[0]), *records] if same_floor(records) else list(records)
    for record in shown:
        cells = {
            quantity.name: _cell(quantity, record, best[quantity.name] if record in records else None)
            for quantity in _COLUMNS
        }
        floor = record not in records
        grid.append(
            [
                record.name,
                cells[MSE.name],
                NONE if floor else _worst(record),
                cells[_HIGHEST.name],
                _bias(record),
                cells[CENTRE_SPREAD.name],
                cells[AUC_OBSERVABLES.name],
                cells[AUC_CELLS.name] + _scatter(record),
                cells[FPD.name],
                cells[_RESPONSE.name],
                cells[_RESOLUTION.name],
                NONE if floor else _trained(record),
                _milliseconds(record, floor=floor),
            ]
        )
    return grid


def record_of_floor(record: RunRecord) -> RunRecord:
    """The second sample of the full simulation in the place of a run's showers."""
    evaluation = record.evaluation.model_copy(update={"candidates": (record.evaluation.floor,)})
    return dataclasses.replace(record, name="Geant4 floor", evaluation=evaluation, stages=())


def ending(record: RunRecord) -> str:
    """How the training ended."""
    stage = record.stage("adversarial") or record.stage("regression")
    if record.diverged is not None and stage is not None:
        return f"**ran away in epoch {stage.epochs + 1}**"
    return "as planned"


def duration(seconds: float) -> str:
    """Write a duration: ``90 s``, ``12 min``, ``3.5 h``; short ones to the second.

    Examples
    --------
    >>> duration(90.0), duration(720.0), duration(12600.0)
    ('90 s', '12 min', '3.5 h')
    """
    if not seconds > 0.0:
        return NONE
    if seconds < 180.0:
        return f"{seconds:.0f} s"
    return f"{seconds / 60.0:.0f} min" if seconds < 7200.0 else f"{seconds / 3600.0:.1f} h"


def speed(record: RunRecord) -> str:
    """Write the core time for a shower and how much faster that is than the full simulation."""
    timing, slow = record.candidate.timing, record.evaluation.reference.timing
    if timing is None:
        return NONE
    text = f"{plain_number(timing.ms_per_shower)} ms"
    if slow is not None and timing.ms_per_shower > 0.0:
        faster = plain_number(slow.ms_per_shower / timing.ms_per_shower)
        text += f" (Geant4 {plain_number(slow.ms_per_shower)} ms, {faster} {TIMES})"
    return text


def _trained(record: RunRecord) -> str:
    return duration(record.seconds) + (", **ran away**" if record.diverged is not None else "")


def _stages(record: RunRecord, write: Callable[[TrainingStage], str]) -> str:
    return " + ".join(write(stage) for stage in record.stages)


def _best(quantity: Quantity, records: Sequence[RunRecord]) -> Estimate | None:
    found = [quantity.badness(value) for record in records if (value := quantity.of(record)) is not None]
    return min(found, key=lambda estimate: estimate.value) if len(found) > 1 else None


def _cell(quantity: Quantity, record: RunRecord, best: Estimate | None) -> str:
    value = quantity.of(record)
    if value is None:
        return NONE
    text = value_with_error(value.value, value.error)
    if best is not None and quantity.badness(value).minus(best).sigmas < _AS_GOOD:
        return f"**{text}**"
    return text


def _worst(record: RunRecord) -> str:
    found = worst_range(record)
    if found is None:
        return NONE
    ratio, low, high = found
    return f"{value_with_error(ratio.value, ratio.error)} ({low:g} to {high:g} GeV)"


def _bias(record: RunRecord) -> str:
    found = [measured(f"centre_{axis}.bias")(record) for axis in "xy"]
    return "; ".join(NONE if one is None else value_with_error(one.value, one.error) for one in found)


def _scatter(record: RunRecord) -> str:
    two = record.candidate.two_samples
    low = None if two is None else two.classifiers.get("low")
    if low is None or low.spread is None or not math.isfinite(low.spread):
        return ""
    return f" ({low.spread:.4f})"


def _milliseconds(record: RunRecord, *, floor: bool) -> str:
    timing = record.evaluation.reference.timing if floor else record.candidate.timing
    return NONE if timing is None else plain_number(timing.ms_per_shower)


def _count(value: object, unit: str) -> str:
    return f"{value:,} {unit}" if isinstance(value, int) else NONE


def _seen(showers: int | None) -> str:
    return NONE if showers is None else f"{showers:,}"


def _seeds(record: RunRecord) -> str:
    names = (("samples", "simulate.seed"), ("training", "training.seed"), ("drawing", "generate.seed"))
    return ", ".join(f"{name} {record.settings[key]}" for name, key in names if key in record.settings)


def _machine(record: RunRecord) -> str:
    graphics = record.environment.get("graphics_processor")
    if isinstance(graphics, str):
        return graphics
    threads, machine = record.environment.get("threads"), record.environment.get("machine")
    parts = [machine] if isinstance(machine, str) else []
    parts += [f"{threads} thread{'s' if threads != 1 else ''}"] if isinstance(threads, int) else []
    return ", ".join(parts) or NONE

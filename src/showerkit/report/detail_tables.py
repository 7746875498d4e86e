"""Tables of everything: all settings that differ, and every measure beside its floor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from showerkit.evaluate.result import floor_of
from showerkit.report.markdown import NONE, Grid, table, turned
from showerkit.report.numbers import value_with_error
from showerkit.report.run_record import differing_settings, same_floor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from showerkit.evaluate.measurement import Measurement
    from showerkit.report.run_record import RunRecord


def settings_grid(records: Sequence[RunRecord]) -> Grid:
    """Write the settings that are not the same in all runs, one row a setting."""
    heading = ["", *(record.name for record in records)]
    keys = differing_settings(records)
    return [heading, *([f"`{key}`", *(r.settings.get(key, NONE) for r in records)] for key in keys)]


def every_measure(records: Sequence[RunRecord]) -> list[str]:
    """Write a table for each group of measures, one row a measure."""
    groups: dict[str, list[str]] = {}
    for record in records:
        for key, measure in record.measures.items():
            if key not in (known := groups.setdefault(measure.group, [])):
                known.append(key)
    parts = []
    for group, keys in groups.items():
        parts += [f"### {group}", table(turned(_measure_grid(records, keys)))]
    return parts


def _measure_grid(records: Sequence[RunRecord], keys: Sequence[str]) -> Grid:
    """Measures of the floor and of every run."""
    grid = [["", *(_label(records, key) for key in keys)]]
    if same_floor(records):
        grid.append(["Geant4 floor", *(_shown(floor_of(k, records[0].floor_measures)) for k in keys)])
        grid += [[r.name, *(_shown(r.measures.get(key)) for key in keys)] for r in records]
        return grid
    for record in records:
        grid.append([f"floor of {record.name}", *(_shown(floor_of(k, record.floor_measures)) for k in keys)])
        grid.append([record.name, *(_shown(record.measures.get(key)) for key in keys)])
    return grid


def _label(records: Sequence[RunRecord], key: str) -> str:
    measure = next(record.measures[key] for record in records if key in record.measures)
    # The energy of the worst bin is another for each run.
    label = measure.label.split(" (candidate's")[0]
    return f"{label} [{measure.unit}]" if measure.unit else label


def _shown(measure: Measurement | None) -> str:
    return NONE if measure is None else value_with_error(measure.value, measure.error)

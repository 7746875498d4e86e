"""What a page knows of events: a few numbers of each, and what is drawn of those that are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from showerkit.report.view.arrays import encoded, encoded_index
from showerkit.typing import FloatArray, IntArray


@dataclass(frozen=True)
class Quantity:
    """A number of each event that is drawn as a histogram.

    Parameters
    ----------
    key, label, unit
        Its short name, how it is called and its unit.
    integer
        Whether it counts something.
    """

    key: str
    label: str
    unit: str = ""
    integer: bool = False

    def to_json(self) -> dict[str, Any]:
        """Give what the page's script needs."""
        return {"key": self.key, "label": self.label, "unit": self.unit, "integer": self.integer}


@dataclass(frozen=True, eq=False)
class EventTable:
    """Numbers of N events.

    Parameters
    ----------
    energy_gev
        What events are selected by: incident energy, or transverse momentum of a jet, in GeV, shape (N,).
    category
        Code of the particle or kind of jet, shape (N,).
    columns
        Quantities by their short names, shape (N,) each.
    layers_mev
        Deposits by layer in MeV, shape (N, layers), or None.
    """

    energy_gev: FloatArray
    category: IntArray
    columns: dict[str, FloatArray]
    layers_mev: FloatArray | None = None

    def __len__(self) -> int:
        return len(self.energy_gev)

    def to_json(self, categories: list[int]) -> dict[str, Any]:
        """Give what the page's script needs; categories are numbered as in the list."""
        number = np.searchsorted(np.array(categories), self.category)
        table: dict[str, Any] = {
            "n": len(self),
            "energy": encoded(self.energy_gev, "f4"),
            "category": encoded_index(number),
            "columns": {key: encoded(values, "f4") for key, values in self.columns.items()},
        }
        if self.layers_mev is not None:
            table["layers"] = encoded(self.layers_mev, "f4")
        return table


def join_tables(parts: list[EventTable]) -> EventTable:
    """Join tables of the same quantities in order."""
    layers = [part.layers_mev for part in parts if part.layers_mev is not None]
    return EventTable(
        np.concatenate([part.energy_gev for part in parts]),
        np.concatenate([part.category for part in parts]),
        {key: np.concatenate([part.columns[key] for part in parts]) for key in parts[0].columns},
        np.concatenate(layers) if layers else None,
    )


@dataclass(frozen=True, eq=False)
class ViewedFile:
    """One file on a page.

    Parameters
    ----------
    name
        How it is called.
    facts
        What it says about itself, as pairs of a heading and words.
    n_events
        Events in the file.
    sample
        The events of the histograms.
    shown
        The events that are displayed, K of them.
    event_id
        Their numbers, shape (K,).
    drawing
        What is drawn of them, by names that the page's script knows.
    """

    name: str
    facts: list[tuple[str, str]]
    n_events: int
    sample: EventTable
    shown: EventTable
    event_id: IntArray
    drawing: dict[str, Any]

    def to_json(self, categories: list[int]) -> dict[str, Any]:
        """Give what the page's script needs."""
        return {
            "name": self.name,
            "nEvents": self.n_events,
            "sample": self.sample.to_json(categories),
            "shown": self.shown.to_json(categories),
            # As text: the script's numbers hold no more than 53 bits.
            "eventId": [str(number) for number in self.event_id.tolist()],
            "drawing": self.drawing,
        }


def categories_of(files: list[ViewedFile]) -> list[int]:
    """List the codes of all categories, rising."""
    tables = [table for file in files for table in (file.sample, file.shown)]
    return [int(code) for code in np.unique(np.concatenate([table.category for table in tables]))]

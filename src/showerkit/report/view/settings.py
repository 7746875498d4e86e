"""How much of each file a page shows."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from showerkit.configuration import StrictConfig

#: Values by event that a page holds of a file, at most; what it weighs does not grow with the file.
_MOST_VALUES: Final = 300_000
_MOST_IN_HISTOGRAMS: Final = 5_000
#: Hit cells or particles that a page holds of a file, and of one event, at most.
_MOST_HITS: Final = 400_000
_MOST_HITS_OF_EVENT: Final = 4_000


class ViewSettings(StrictConfig):
    """What a page shows.

    Parameters
    ----------
    events
        Events of each file that are displayed one by one.
    threshold_mev
        A cell is hit where its deposit is above this, in MeV.
    seed
        The seed by which events are drawn from larger files.

    Examples
    --------
    >>> settings = ViewSettings(events=200)
    >>> settings.histogram_events(columns=8), settings.hits_of_event
    (5000, 2000)
    """

    events: int = Field(default=200, ge=1, le=2000)
    threshold_mev: float = Field(default=0.1, ge=0.0)
    seed: int = Field(default=1, ge=0, lt=2**63)

    def histogram_events(self, columns: int) -> int:
        """Events in the histograms of a file, at most, by the number of values kept of each."""
        return max(self.events, min(_MOST_IN_HISTOGRAMS, _MOST_VALUES // columns))

    @property
    def hits_of_event(self) -> int:
        """Hit cells or particles that are kept of one event, at most: the most energetic."""
        return min(_MOST_HITS_OF_EVENT, _MOST_HITS // self.events)

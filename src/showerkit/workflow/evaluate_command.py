"""The command line that does an evaluation again, as a report tells it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class EvaluateCommand:
    """A call of ``showerkit evaluate``, put together option by option.

    Parameters
    ----------
    reference, candidates
        What is compared with what.
    whole_paths
        Whether absolute paths stay as they are; else only their last part is told, since the folders of one
        machine mean nothing to a reader.

    Examples
    --------
    >>> command = EvaluateCommand("geant4.h5", ["fast.h5"])
    >>> command.path("--floor", None).path("--training", "train.h5").to("report")
    'showerkit evaluate geant4.h5 fast.h5 --training train.h5 -o report'
    """

    def __init__(
        self, reference: Path | str, candidates: Sequence[Path | str], *, whole_paths: bool = False
    ) -> None:
        self._whole_paths = whole_paths
        self._words = ["showerkit", "evaluate", *map(self._told, (reference, *candidates))]

    def _told(self, path: Path | str) -> str:
        return Path(path).name if Path(path).is_absolute() and not self._whole_paths else str(path)

    def path(self, option: str, path: Path | str | None) -> Self:
        """Add a file or folder, if there is one."""
        return self if path is None else self.add(option, self._told(path))

    def models(self, models: Sequence[Path | str]) -> Self:
        """Add folders of trainings."""
        for model in models:
            self.path("--model", model)
        return self

    def page(self, page: Path | str | None, title: str, usual_title: str | None = None) -> Self:
        """Add a page and its title, unless that is the usual one."""
        self.path("--page", page)
        return self if page is None or title == usual_title else self.add("--title", title)

    def changed(self, config: Any, usual: Any, fields: Mapping[str, str]) -> Self:
        """Add settings that are not as usual, by option and field."""
        for option, field in fields.items():
            value = getattr(config, field)
            if value != getattr(usual, field):
                self.add(option, str(value))
        return self

    def held_out_energies(self, ranges_mev: Sequence[tuple[float, float]]) -> Self:
        """Add ranges of incident energy, given in MeV and told in GeV."""
        for low, high in ranges_mev:
            self.add("--held-out-energy", f"{low / 1000.0:g}:{high / 1000.0:g}")
        return self

    def add(self, *words: str) -> Self:
        """Add words."""
        self._words += words
        return self

    def to(self, output: Path | str) -> str:
        """Give the whole line, with the folder that is written into."""
        return shlex.join([*self._words, "-o", self._told(output)])

"""What evaluations write: metrics.json, report.html and, if asked for, a page with pictures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from showerkit.data.atomic_file import check_writable, replacing, write_error
from showerkit.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from matplotlib.figure import Figure


class EvaluationFiles:
    """The files of one evaluation, known to be writable before it begins.

    Parameters
    ----------
    folder
        Where ``metrics.json`` and ``report.html`` go.
    page
        A Markdown file to write as well; None: none.

    Raises
    ------
    ConfigurationError
        If the page's name does not end in ``.md``.
    DataError
        If something cannot be written.
    """

    def __init__(self, folder: Path | str, page: Path | str | None = None) -> None:
        self.metrics = check_writable(Path(folder) / "metrics.json", overwrite=True)
        self.report = check_writable(Path(folder) / "report.html", overwrite=True)
        self.page = None if page is None else Path(page)
        if self.page is not None:
            if self.page.suffix != ".md":
                raise ConfigurationError(
                    f"{page}", expected="the name of a Markdown file", mend="let it end in .md"
                )
            check_writable(self.page, overwrite=True)

    def write(self, metrics: Mapping[str, Any], report: str) -> None:
        """Write figures and report."""
        self._write(self.metrics, json.dumps(metrics, indent=1, allow_nan=False) + "\n")
        self._write(self.report, report)

    def write_page(self, figures: Mapping[str, Figure], text: Callable[[Mapping[str, str]], str]) -> None:
        """Write the page's pictures and the page, whose text is told the pictures' files."""
        from showerkit.report.figures.picture_file import write_png

        if self.page is None:
            return
        pictures = {}
        for name, figure in figures.items():
            picture = self.page.with_name(f"{self.page.stem}-{name}.png")
            try:
                write_png(figure, picture)
            except OSError as failure:
                raise write_error(picture, failure) from None
            pictures[name] = picture.name
        self._write(self.page, text(pictures))

    @staticmethod
    def _write(path: Path, text: str) -> None:
        try:
            with replacing(path) as partial:
                partial.write_text(text, encoding="utf-8")
        except OSError as failure:
            raise write_error(path, failure) from None

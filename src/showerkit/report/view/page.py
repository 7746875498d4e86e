"""The interactive page: data and scripts in one HTML file that needs nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from showerkit.errors import MissingDependencyError
from showerkit.report.figures.style import REFERENCE_COLOUR, candidate_colour
from showerkit.report.page_template import render_page
from showerkit.report.view.arrays import script_json
from showerkit.report.view.event_table import Quantity, ViewedFile, categories_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from showerkit.report.view.settings import ViewSettings


@dataclass(frozen=True, eq=False)
class ViewContent:
    """What stands on a page.

    Parameters
    ----------
    kind
        What the files hold.
    subject
        What is shown, in words, such as the detector's title.
    energy_label
        What events are selected by.
    category_label, category_names
        What distinguishes events besides, and the names of its codes.
    quantities
        What histograms are drawn of.
    files
        The files.
    detector
        Where the cells are, for showers (`showerkit.report.view.showers.detector_json`).
    candidate_kinds
        Names of the classes of candidates, for matched jets.
    """

    kind: Literal["showers", "jets", "matched jets"]
    subject: str
    energy_label: str
    category_label: str
    category_names: Mapping[int, str]
    quantities: Sequence[Quantity]
    files: list[ViewedFile]
    detector: dict[str, Any] | None = None
    candidate_kinds: Sequence[str] = ()


def plotly_script() -> str:
    """Give the JavaScript library that draws, from the package plotly.

    Raises
    ------
    MissingDependencyError
        If it is not installed.
    """
    try:
        from plotly.offline import get_plotlyjs
    except ImportError:
        raise MissingDependencyError(
            "an interactive page", expected="the package 'plotly'", mend="pip install 'showerkit[view]'"
        ) from None
    return str(get_plotlyjs())


def view_page(content: ViewContent, settings: ViewSettings) -> str:
    """Write the page.

    Parameters
    ----------
    content
        What stands on it.
    settings
        How much was kept of the files.

    Returns
    -------
    str
        The page; the same content gives the same text.

    Raises
    ------
    MissingDependencyError
        If the package plotly is not installed.
    """
    from markupsafe import Markup

    codes = categories_of(content.files)
    colours = [REFERENCE_COLOUR, *(candidate_colour(n) for n in range(len(content.files) - 1))]
    data = {
        "kind": content.kind,
        "noun": "shower" if content.kind == "showers" else "jet",
        "energyLabel": content.energy_label,
        "categories": [content.category_names.get(code, f"code {code}") for code in codes],
        "quantities": [quantity.to_json() for quantity in content.quantities],
        "detector": content.detector,
        "candidateKinds": list(content.candidate_kinds),
        "thresholdMev": settings.threshold_mev,
        "colours": colours,
        "files": [file.to_json(codes) for file in content.files],
    }
    rows = [
        {
            "name": file.name,
            "colour": colour,
            "facts": file.facts,
            "n_events": f"{file.n_events:,}",
            "n_sample": f"{len(file.sample):,}",
            "n_shown": f"{len(file.shown):,}",
        }
        for file, colour in zip(content.files, colours, strict=True)
    ]
    return render_page(
        "view/page.html.j2",
        content=content,
        rows=rows,
        noun=data["noun"],
        several_categories=len(codes) > 1,
        settings=settings,
        # Written by this package, with every "<" of the data escaped.
        data=Markup(script_json(data)),
        plotly=Markup(plotly_script()),
    )

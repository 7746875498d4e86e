"""``showerkit view``: an interactive page of the events in one or several files."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from showerkit.configuration import parse_config
from showerkit.data.atomic_file import check_writable, replacing, write_error
from showerkit.errors import ConfigurationError, DataError
from showerkit.progress import SilentProgress

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from showerkit.data.calibration_file import CalibrationJetFile
    from showerkit.data.jet_file import JetFile
    from showerkit.data.shower_file import ShowerFile
    from showerkit.progress import Progress
    from showerkit.report.view.drawn_rows import DrawnRows
    from showerkit.report.view.event_table import ViewedFile
    from showerkit.report.view.page import ViewContent
    from showerkit.report.view.settings import ViewSettings

    Opened = TypeVar("Opened", ShowerFile, JetFile, CalibrationJetFile)
    Reader = Callable[[Opened, str, DrawnRows, ViewSettings, Progress], ViewedFile]

#: Files side by side: as many as there are colours that are told apart.
_MOST_FILES: Final = 6
Kind = Literal["showers", "jets", "matched jets"]


def view(
    files: Sequence[Path | str],
    output: Path | str | None = None,
    *,
    events: int = 200,
    threshold_mev: float = 0.1,
    seed: int = 1,
    progress: Progress | None = None,
) -> Path:
    """Write one interactive HTML page about files of showers or jets, side by side.

    The page holds its data and its scripts and needs no network. Of larger files it holds a sample that is
    drawn evenly over the file; what is read and what the page weighs do not grow with the file.

    Parameters
    ----------
    files
        One to six files of showers of one detector (or folders of shards), of jets, or of matched jets.
        Showers that the same incident particle started are shown beside each other.
    output
        The page; a former one is replaced. By default the first file's name with the ending ``.html``, in
        the current folder.
    events
        Events of each file that are displayed, 1 to 2000.
    threshold_mev
        A cell is hit where its deposit is above this, in MeV.
    seed
        The seed by which events are drawn.
    progress
        Told of the events read.

    Returns
    -------
    pathlib.Path
        The page.

    Raises
    ------
    ShowerkitError
        If a file is damaged or without events, the files hold different things or belong to different
        detectors, the package plotly is not installed, or the page cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> from showerkit.workflow.generate import generate
    >>> showers = generate("zdc-ecal-gan", folder / "showers.h5", n=20)
    >>> view([showers], folder / "showers.html", events=5).name
    'showers.html'
    """
    from showerkit.report.view.page import plotly_script, view_page
    from showerkit.report.view.settings import ViewSettings

    progress = progress or SilentProgress()
    paths = _checked_paths(files)
    page = Path(f"{paths[0].stem}.html") if output is None else Path(output)
    if page.suffix not in (".html", ".htm"):
        raise ConfigurationError(f"{page}", expected="the name of an HTML file", mend="let it end in .html")
    settings = parse_config(
        ViewSettings, {"events": events, "threshold_mev": threshold_mev, "seed": seed}, source="view"
    )
    plotly_script()
    check_writable(page, overwrite=True)
    text = view_page(_read(paths, settings, progress), settings)
    try:
        with replacing(page) as partial:
            partial.write_text(text, encoding="utf-8")
    except OSError as failure:
        raise write_error(page, failure) from None
    return page


def _checked_paths(files: Sequence[Path | str]) -> list[Path]:
    paths = [Path(file) for file in files]
    if not 1 <= len(paths) <= _MOST_FILES:
        raise DataError("files", got=len(paths), expected=f"1 to {_MOST_FILES}")
    seen: set[Path] = set()
    for path in paths:
        resolved = path.resolve()
        if resolved in seen:
            raise DataError(f"{path}", got="a file that is named twice", expected="different files")
        seen.add(resolved)
    return paths


def _kind(path: Path) -> Kind:
    """What a file holds; whatever cannot be read is taken for showers, whose reader says what is wrong."""
    from showerkit.data.calibration_file import is_calibration_jet_file
    from showerkit.data.jet_file import is_jet_file

    if is_jet_file(path):
        return "jets"
    return "matched jets" if is_calibration_jet_file(path) else "showers"


def _read(paths: list[Path], settings: ViewSettings, progress: Progress) -> ViewContent:
    kind = _kind(paths[0])
    for path in paths[1:]:
        if (other := _kind(path)) != kind:
            raise DataError(
                f"{path}", got=f"a file of {other}", expected=f"{kind} as in {paths[0]}", mend=_APART
            )
    read = {"showers": _showers, "jets": _jets, "matched jets": _matched_jets}[kind]
    with ExitStack() as stack:
        return read(paths, settings, progress, stack)


_APART: Final = "view them on separate pages"


def _showers(paths: list[Path], settings: ViewSettings, progress: Progress, stack: ExitStack) -> ViewContent:
    import numpy as np

    from showerkit.data.shower_file import ShowerFile
    from showerkit.report.view.drawn_rows import DrawnRows
    from showerkit.report.view.page import ViewContent
    from showerkit.report.view.showers import (
        detector_json,
        same_events,
        shower_columns,
        shower_quantities,
        view_showers,
    )
    from showerkit.simulate.particles import PARTICLES

    files = [stack.enter_context(ShowerFile(path)) for path in paths]
    detector = files[0].detector
    for file in files[1:]:
        if not file.detector.same_showers(detector):
            raise DataError(
                f"{file.path}: detector",
                got=f"'{file.detector.name}', another than {paths[0]}'s",
                expected=f"'{detector.name}', the same in every part",
                mend=_APART,
            )
    drawn = _drawn(files, shower_columns(detector), settings)
    # What the shortest file shows is looked for in the others.
    shortest = min(range(len(files)), key=lambda number: len(files[number]))
    if len(files) > 1:
        rows = drawn[shortest].shown.tolist()
        events = [files[shortest].read(row, row + 1, optional=False) for row in rows]
        for number, file in enumerate(files):
            same = None if number == shortest else same_events(file, events)
            if same is not None:
                drawn[number] = DrawnRows(np.asarray(same), drawn[number].blocks)
    return ViewContent(
        kind="showers",
        subject=detector.title or detector.name,
        energy_label="Incident energy",
        category_label="Particle",
        category_names={particle.pdg: particle.name for particle in PARTICLES},
        quantities=shower_quantities(len(detector.layers)),
        files=_viewed(files, drawn, settings, progress, view_showers),
        detector=detector_json(detector),
    )


def _jets(paths: list[Path], settings: ViewSettings, progress: Progress, stack: ExitStack) -> ViewContent:
    from showerkit.data.jet_file import JetFile
    from showerkit.report.view.jets import JET_COLUMNS, JET_NAMES, JET_QUANTITIES, view_jets
    from showerkit.report.view.page import ViewContent

    files = [stack.enter_context(JetFile(path)) for path in paths]
    return ViewContent(
        kind="jets",
        subject="Jets",
        energy_label="Transverse momentum",
        category_label="Kind",
        category_names=JET_NAMES,
        quantities=JET_QUANTITIES,
        files=_viewed(files, _drawn(files, JET_COLUMNS, settings), settings, progress, view_jets),
    )


def _matched_jets(
    paths: list[Path], settings: ViewSettings, progress: Progress, stack: ExitStack
) -> ViewContent:
    from showerkit.data.calibration_file import CalibrationJetFile
    from showerkit.report.view.matched_jets import (
        FLAVOUR_NAMES,
        MATCHED_COLUMNS,
        MATCHED_QUANTITIES,
        candidate_kinds,
        view_matched_jets,
    )
    from showerkit.report.view.page import ViewContent

    files = [stack.enter_context(CalibrationJetFile(path)) for path in paths]
    drawn = _drawn(files, MATCHED_COLUMNS, settings)
    return ViewContent(
        kind="matched jets",
        subject="Jets that a detector saw, beside the true ones",
        energy_label="True transverse momentum",
        category_label="Flavour",
        category_names=FLAVOUR_NAMES,
        quantities=MATCHED_QUANTITIES,
        files=_viewed(files, drawn, settings, progress, view_matched_jets),
        candidate_kinds=candidate_kinds(),
    )


def _drawn(files: Sequence[Any], columns: int, settings: ViewSettings) -> list[DrawnRows]:
    """Draw rows of each file."""
    from showerkit.report.view.drawn_rows import draw_rows

    drawn = []
    for file in files:
        if len(file) == 0:
            raise DataError(f"{file.path}", got="no events", expected="at least one")
        most = settings.histogram_events(columns)
        drawn.append(draw_rows(len(file), shown=settings.events, in_histograms=most, seed=settings.seed))
    return drawn


def _viewed(
    files: Sequence[Opened],
    drawn: Sequence[DrawnRows],
    settings: ViewSettings,
    progress: Progress,
    read: Reader[Opened],
) -> list[ViewedFile]:
    """Read what is drawn."""
    from showerkit.data.sample_names import sample_names

    total = sum(int((rows.blocks[:, 1] - rows.blocks[:, 0]).sum()) for rows in drawn)
    progress.start("view", total, "events")
    names = sample_names([file.path for file in files])
    viewed = [
        read(file, name, rows, settings, progress)
        for file, name, rows in zip(files, names, drawn, strict=True)
    ]
    progress.finish()
    return viewed

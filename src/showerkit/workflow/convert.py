"""Convert showers between the forms of showerkit and of other projects."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from showerkit.errors import ConfigurationError, DataError, suggest
from showerkit.progress import SilentProgress

if TYPE_CHECKING:
    from showerkit.data.foreign.options import ForeignOptions
    from showerkit.progress import Progress

__all__ = ["convert"]

_FORM_OF_ENDING: Final = {".h5": "showerkit", ".hdf5": "showerkit", ".root": "ntuple"}


def convert(
    file: Path | str,
    output: Path | str,
    *,
    to: str | None = None,
    options: ForeignOptions | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Convert a file of showers into another form.

    The form of the input is found by what is in it. Memory does not grow with the number of showers.

    Parameters
    ----------
    file
        A file, or a folder of files, of any form.
    output
        The file to write.
    to
        Its form: ``showerkit``, ``calochallenge``, ``par04``, ``showerdata``, ``ntuple`` or ``rntuple``;
        by default a ntuple if its name ends in ``.root``, and showerkit's own if in ``.h5`` or ``.hdf5``.
    options
        What a foreign file does not say, such as the detector.
    overwrite
        Whether an existing file may be replaced.
    progress
        Told how far the work is.

    Returns
    -------
    pathlib.Path
        The file that was written.

    Raises
    ------
    ShowerkitError
        If the input is damaged or of no known form, an option is wrong or missing, or the output
        cannot be written; nothing is left behind then.

    Examples
    --------
    >>> import tempfile
    >>> from showerkit.data.calochallenge_file import as_calochallenge, write_calochallenge
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_calochallenge(folder / "in.hdf5", [as_calochallenge([[9.0]], [[1.0] * 6480])])
    >>> convert(folder / "in.hdf5", folder / "out.h5").name
    'out.h5'
    """
    from showerkit.data.atomic_file import check_writable
    from showerkit.data.foreign.forms import WRITTEN, open_sink, open_source
    from showerkit.data.foreign.options import ForeignOptions as Options

    told = progress or SilentProgress()
    source_path, target = Path(file), Path(output)
    form = to or _FORM_OF_ENDING.get(target.suffix.lower())
    if form is None:
        raise ConfigurationError(
            "name of the file to write",
            got=target.name,
            expected=f"one ending in {', '.join(_FORM_OF_ENDING)}, or its form by --to",
        )
    if form not in WRITTEN:
        raise ConfigurationError("--to", got=repr(form), mend=suggest(form, WRITTEN))
    if target.exists() and source_path.exists() and target.resolve() == source_path.resolve():
        raise DataError(f"{target}", got="the input itself", expected="another file to write")
    check_writable(target, overwrite=overwrite)
    with open_source(source_path, options or Options()) as source:
        told.start("convert", len(source), "showers")
        with open_sink(target, form, source.metadata, overwrite=overwrite) as sink:
            for showers in source.portions():
                sink.append(showers)
                told.advance(len(showers))
        told.finish()
        for note in source.notes():
            told.note(note)
    return target

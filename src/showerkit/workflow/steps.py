"""Which steps of a chain are finished, kept in a JSON file so that a chain can go on where it stopped."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from pydantic import Field

from showerkit.configuration import StrictConfig, parse_config
from showerkit.data.atomic_file import replacing, write_error
from showerkit.errors import FileFormatError

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Raise it when a step's result changes with the same settings, so that finished steps are done again.
_REVISION = 1


def settings_key(*parts: Any) -> str:
    """Condense everything that decides a step's result into a short text.

    Parameters
    ----------
    parts
        Values that JSON can hold: settings, and the keys of the steps that this one builds on.

    Returns
    -------
    str
        32 hexadecimal digits, SHA-256 of the parts.

    Examples
    --------
    >>> settings_key({"n": 1}) == settings_key({"n": 1}), settings_key({"n": 1}) == settings_key({"n": 2})
    (True, False)
    """
    text = json.dumps([_REVISION, *parts], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class StepRecord(StrictConfig):
    """What is known of one step.

    Parameters
    ----------
    key
        The settings it was begun with.
    finished
        Whether it came to its end.
    sizes
        Sizes in bytes of the files that it made, by name below the folder.
    """

    key: str
    finished: bool = False
    sizes: dict[str, int] = Field(default_factory=dict)


class _Records(StrictConfig):
    """The file's content."""

    steps: dict[str, StepRecord] = Field(default_factory=dict)


class Steps:
    """The steps of a chain and how far they got.

    Parameters
    ----------
    folder
        The folder that holds the steps' files, and ``state.json``.

    Raises
    ------
    FileFormatError
        If ``state.json`` is damaged.

    Examples
    --------
    >>> import tempfile
    >>> steps = Steps(Path(tempfile.mkdtemp()))
    >>> steps.begin("train", "abc")
    False
    >>> steps.is_finished("train", "abc"), steps.begin("train", "abc")
    (False, True)
    >>> steps.finish("train", "abc", files=[])
    >>> steps.is_finished("train", "abc"), steps.is_finished("train", "other")
    (True, False)
    """

    FILE = "state.json"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / self.FILE
        self._steps = dict(_read(self._path).steps)

    def knows(self, step: str) -> bool:
        """Whether the step was ever begun."""
        return step in self._steps

    def is_finished(self, step: str, key: str) -> bool:
        """Whether the step was finished with these settings and its files are still what they were."""
        record = self._steps.get(step)
        if record is None or not record.finished or record.key != key:
            return False
        return all(_size(self._folder, name) == size for name, size in record.sizes.items())

    def begin(self, step: str, key: str) -> bool:
        """Write down that the step begins.

        Returns
        -------
        bool
            True if it was begun before with the same settings and not finished, so that it can go on.
        """
        record = self._steps.get(step)
        goes_on = record is not None and record.key == key and not record.finished
        self._steps[step] = StepRecord(key=key)
        self._write()
        return goes_on

    def finish(self, step: str, key: str, files: Iterable[Path]) -> None:
        """Write down that the step came to its end and which files it made."""
        sizes = {path.relative_to(self._folder).as_posix(): path.stat().st_size for path in files}
        self._steps[step] = StepRecord(key=key, finished=True, sizes=sizes)
        self._write()

    def _write(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with replacing(self._path) as partial:
                partial.write_text(_Records(steps=self._steps).model_dump_json(indent=2), encoding="utf-8")
        except OSError as failure:
            raise write_error(self._path, failure) from None


def _read(path: Path) -> _Records:
    """Read the records; none if the file is not there yet."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return _Records()
    except (ValueError, RecursionError) as broken:
        raise FileFormatError(
            f"{path}", got=f"no valid JSON ({broken})", expected="the state of a run", mend="delete it"
        ) from None
    if not isinstance(values, dict):
        raise FileFormatError(f"{path}", got=type(values).__name__, expected="the state of a run")
    return parse_config(_Records, values, source=str(path), error=FileFormatError)


def _size(folder: Path, name: str) -> int | None:
    """Size of a file in bytes; None if it is not there, or its name leads out of the folder."""
    inside = PurePosixPath(name)
    if inside.is_absolute() or ".." in inside.parts:
        return None
    try:
        return (folder / inside).stat().st_size
    except (OSError, ValueError):
        return None

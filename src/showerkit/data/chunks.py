"""Finished chunks of a sample in the making, kept beside its file until it is whole.

``OUT.h5.partial/`` holds ``plan.json``, the settings that decide the sample, and one small file for
each finished chunk; of a sample in shards also the finished shards. After an interruption the work
goes on from there.
"""

from __future__ import annotations

import json
import os
import shutil
import struct
import zipfile
import zlib
from pathlib import Path
from tokenize import TokenError
from typing import TYPE_CHECKING, Any

import numpy as np

from showerkit.data.atomic_file import replacing, write_error
from showerkit.data.only_writer import claim_folder
from showerkit.data.records import IncidentParticles, Showers
from showerkit.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

_PLAN = "plan.json"
_SUFFIX = ".npz"
_SHARDS = "shards"
#: What reading a damaged archive of arrays raises; their headers are read as Python's own literals.
_READ_ERRORS = (
    OSError,
    ValueError,
    LookupError,
    EOFError,
    TypeError,
    SyntaxError,
    RuntimeError,
    MemoryError,
    OverflowError,
    TokenError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)


class ChunkStore:
    """The partial folder of one output file.

    Parameters
    ----------
    output
        The file that is being made.
    plan
        Everything that decides its contents, as JSON values.
    resume
        Whether to go on with a folder that is there; its plan must be the same.
    overwrite
        Whether a folder that is there may be thrown away.

    Raises
    ------
    DataError
        If there is a folder and neither is allowed, its plan is another one, or another process writes into
        it.
    """

    def __init__(
        self, output: Path | str, plan: Mapping[str, Any], *, resume: bool = False, overwrite: bool = False
    ) -> None:
        output = Path(output)
        self.folder = partial_folder(output)
        wanted = json.loads(json.dumps(plan))
        self._claim = claim_folder(self.folder) if self.folder.exists() else None
        if self.folder.exists() and not resume:
            if not overwrite:
                self._give_up_claim()
                raise DataError(
                    f"{self.folder} is left from an interrupted run",
                    mend="go on with it (--resume), or replace it (--overwrite)",
                )
            self.remove()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            if self._claim is None:
                self._claim = claim_folder(self.folder)
            if (self.folder / _PLAN).exists():
                self._check_plan(wanted)
            else:
                with replacing(self.folder / _PLAN) as partial:
                    partial.write_text(json.dumps(wanted, indent=1) + "\n", encoding="utf-8")
        except OSError as failure:
            raise write_error(self.folder, failure) from None

    def _check_plan(self, wanted: dict[str, Any]) -> None:
        """Compare the settings asked for with those of the folder, and name a difference."""
        path = self.folder / _PLAN
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except (ValueError, RecursionError):
            raise DataError(
                f"{path}", got="no valid JSON", expected="the plan of an interrupted run", mend="--overwrite"
            ) from None
        difference = first_difference(found, wanted)
        if difference is not None:
            key, old, new = difference
            raise DataError(
                f"cannot resume {self.folder}: '{key}' differs",
                got=_short(new),
                expected=f"{_short(old)} as when it was begun",
                mend="use the settings it was begun with, or --overwrite",
            )

    def finished(self) -> set[int]:
        """Numbers of the chunks that are there."""
        return {int(path.stem) for path in self.folder.glob(f"*{_SUFFIX}") if path.stem.isdigit()}

    def write(self, chunk: int, showers: Showers, **extra: str) -> None:
        """Keep one finished chunk, whole or not at all.

        Raises
        ------
        DataError
            If it cannot be written.
        """
        columns: dict[str, Any] = {
            "pdg": showers.incident.pdg,
            "incident_energy_mev": showers.incident.energy_mev,
            "momentum_mev": showers.incident.momentum_mev,
            "position_mm": showers.incident.position_mm,
            "energy_mev": showers.energy_mev,
            "event_id": showers.event_id,
        }
        if showers.charged_tracks is not None:
            columns["charged_tracks"] = showers.charged_tracks
        self.write_columns(chunk, columns, **extra)

    def write_columns(self, chunk: int, columns: Mapping[str, NDArray[Any]], **notes: str) -> None:
        """Keep the arrays of one finished chunk, whole or not at all.

        Raises
        ------
        DataError
            If they cannot be written.
        """
        kept: dict[str, Any] = {**columns, **{f"note_{name}": np.array(text) for name, text in notes.items()}}
        target = self._path(chunk)
        try:
            with replacing(target) as partial, partial.open("wb") as stream:
                np.savez_compressed(stream, **kept)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as failure:
            raise write_error(target, failure) from None

    def read(self, chunk: int) -> tuple[Showers, dict[str, str]]:
        """Read one finished chunk and the notes kept with it.

        Raises
        ------
        DataError
            If it is missing or damaged.
        """
        columns, notes = self.read_columns(chunk)
        try:
            incident = IncidentParticles(
                columns["pdg"],
                columns["incident_energy_mev"],
                columns["momentum_mev"],
                columns["position_mm"],
            )
            showers = Showers(
                incident, columns["energy_mev"], columns["event_id"], columns.get("charged_tracks")
            )
        except (KeyError, ValueError, TypeError, DataError) as damage:
            raise self.damaged(chunk, damage) from None
        return showers, notes

    def read_columns(self, chunk: int) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
        """Read the arrays of one finished chunk and the notes kept with it.

        Raises
        ------
        DataError
            If it is missing or damaged.
        """
        path = self._path(chunk)
        try:
            with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
                columns = {name: file[name] for name in file.files}
        except _READ_ERRORS as damage:
            raise self.damaged(chunk, damage) from None
        notes = {
            name.removeprefix("note_"): str(columns.pop(name))
            for name in list(columns)
            if name.startswith("note_")
        }
        return columns, notes

    def damaged(self, chunk: int, damage: Exception) -> DataError:
        """Make the error that says what is wrong with a chunk's file."""
        return DataError(
            f"{self._path(chunk)} is damaged",
            got=" ".join(str(damage).split()),
            mend="delete it and run again with --resume",
        )

    @property
    def shards(self) -> Path:
        """The folder for finished shards, until all are."""
        return self.folder / _SHARDS

    def discard(self, chunks: Iterable[int]) -> None:
        """Throw away chunks that are no longer needed."""
        for chunk in chunks:
            self._path(chunk).unlink(missing_ok=True)

    def remove(self) -> None:
        """Throw the folder away, with all that is in it."""
        self._give_up_claim()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _give_up_claim(self) -> None:
        if self._claim is not None:
            os.close(self._claim)
            self._claim = None

    def __del__(self) -> None:
        if getattr(self, "_claim", None) is not None:
            self._give_up_claim()

    def _path(self, chunk: int) -> Path:
        return self.folder / f"{chunk:07d}{_SUFFIX}"


def partial_folder(output: Path | str) -> Path:
    """Name of the folder that keeps the finished chunks of an output.

    Examples
    --------
    >>> partial_folder("runs/showers.h5").name
    'showers.h5.partial'
    """
    output = Path(output)
    return output.with_name(f"{output.name}.partial")


def remove_partial(output: Path | str, plan: Mapping[str, Any]) -> None:
    """Throw away the partial folder of an output, if there is one and its plan is this one."""
    folder = partial_folder(output)
    try:
        found = json.loads((folder / _PLAN).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return
    if found == json.loads(json.dumps(plan)):
        shutil.rmtree(folder, ignore_errors=True)


def first_difference(old: Any, new: Any, key: str = "") -> tuple[str, Any, Any] | None:
    """Find the first place where two JSON values differ.

    Returns
    -------
    tuple or None
        Dotted key, the old value, the new one; None if they are the same.

    Examples
    --------
    >>> first_difference({"seed": 1, "cut": {"mm": 0.7}}, {"seed": 1, "cut": {"mm": 1.0}})
    ('cut.mm', 0.7, 1.0)
    """
    if isinstance(old, dict) and isinstance(new, dict):
        for name in dict.fromkeys([*new, *old]):
            inner = first_difference(old.get(name), new.get(name), f"{key}.{name}" if key else name)
            if inner is not None:
                return inner
        return None
    return None if old == new else (key, old, new)


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 80 else text[:77] + "..."

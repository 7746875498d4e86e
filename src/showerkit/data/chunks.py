"""Finished chunks of a sample in the making, kept beside its file until it is whole.

``OUT.h5.partial/`` holds ``plan.json``, the settings that decide the sample, and one small file for
each finished chunk; of a sample in shards also the finished shards. After an interruption the work
goes on from there. Where the plan does not say how large the sample is to be, ``goal.json`` does: a
smaller sample of the same settings can be made of the same chunks, and leaves them to the larger one.
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
from showerkit.data.unfinished_sample import (
    PLAN,
    check_plan,
    kept_note,
    no_plan,
    partial_folder,
    record_goal,
    recorded_goal,
)
from showerkit.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

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
    goal
        Size that the sample is to have, if the plan does not say it.

    Raises
    ------
    DataError
        If there is a folder and neither is allowed, its plan is another one, or another process writes into
        it.
    """

    def __init__(
        self,
        output: Path | str,
        plan: Mapping[str, Any],
        *,
        resume: bool = False,
        overwrite: bool = False,
        goal: int | None = None,
    ) -> None:
        output = Path(output)
        self.folder = partial_folder(output)
        self._goal = goal
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
            if (self.folder / PLAN).exists():
                check_plan(self.folder, wanted)
            elif self.finished():
                raise no_plan(self.folder, "no such file")
            else:
                with replacing(self.folder / PLAN) as partial:
                    partial.write_text(json.dumps(wanted, indent=1) + "\n", encoding="utf-8")
            if goal is not None:
                record_goal(self.folder, goal)
        except OSError as failure:
            raise write_error(self.folder, failure) from None

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

    def finish(self) -> str | None:
        """Throw the folder away when its sample is whole; keep it if a larger one was begun in it.

        Returns
        -------
        str or None
            What to tell of a folder that is kept.
        """
        recorded = recorded_goal(self.folder)
        if self._goal is not None and recorded is not None and recorded > self._goal:
            self._give_up_claim()
            return kept_note(self.folder, recorded)
        self.remove()
        return None

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

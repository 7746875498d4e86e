"""Where a simulated sample goes: one file or a folder of shards, what is there already, how it appears."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from showerkit.data.atomic_file import check_writable, write_error
from showerkit.data.chunk_layout import ChunkLayout, shard_name
from showerkit.data.shard_index import INDEX_NAME
from showerkit.data.shower_file import ShowerFile
from showerkit.data.unfinished_sample import first_difference
from showerkit.errors import DataError
from showerkit.workflow.simulation_plan import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from showerkit.data.chunks import ChunkStore
    from showerkit.workflow.incident_source import IncidentSource

_SHARD_NAME: Final = re.compile(r"shard-\d{6}\.h5")
_REPLACED: Final = "replaced"


@dataclass(frozen=True)
class KeptRows:
    """Showers of one shard that are there already.

    Parameters
    ----------
    path
        The file that holds them.
    rows
        Their number, from the shard's first one on.
    generator
        What made them.
    settings
        What the file says of its settings.
    """

    path: Path
    rows: int
    generator: str
    settings: Mapping[str, Any]


class SampleOutput:
    """One output: a file, or with a shard size a folder.

    Parameters
    ----------
    path
        The file or folder.
    sharded
        Whether it is a folder of shards.

    Raises
    ------
    DataError
        If the path cannot be one.
    """

    def __init__(self, path: Path | str, *, sharded: bool) -> None:
        self.path = Path(path)
        self.sharded = sharded
        if self.path.name in ("", ".."):
            raise DataError(f"{path}", expected="the name of a file or folder to write")

    def exists(self) -> bool:
        """Whether something of the right kind is there that may be gone on with."""
        return self._holds_anything() if self.sharded else self.path.is_file()

    def check(self, *, overwrite: bool) -> None:
        """Say early that the output exists and may not be replaced, or cannot be written.

        Raises
        ------
        DataError
            If so.
        """
        if not self.sharded:
            if self.path.is_dir():
                raise DataError(
                    f"{self.path}",
                    got="a folder",
                    expected="the name of a file to write",
                    mend="give another name, or the size of the folder's shards (--shard-size)",
                )
            check_writable(self.path, overwrite=overwrite)
            return
        if self.path.exists() and not self.path.is_dir():
            raise DataError(
                f"{self.path}", got="a file", expected="a folder for the shards", mend="give another name"
            )
        # A name within the folder's folder, so that nothing has to be there yet.
        check_writable(self.path.with_name(f"{self.path.name}.geant4.log"), overwrite=True)
        if not self._holds_anything():
            return
        if not overwrite:
            raise DataError(
                f"{self.path} exists already", mend="choose another name, or replace it (--overwrite)"
            )
        names = {entry.name for entry in self.path.iterdir()} - {INDEX_NAME}
        foreign = sorted(name for name in names if not _SHARD_NAME.fullmatch(name))
        if foreign:
            raise DataError(
                f"{self.path}", got=f"'{foreign[0]}' in it", expected="shards only, to be replaced"
            )

    def kept(
        self, plan: Mapping[str, Any], layout: ChunkLayout, source: IncidentSource
    ) -> dict[int, KeptRows]:
        """Find out which of the sample's showers are there already.

        Parameters
        ----------
        plan
            Everything that decides the sample's contents.
        layout
            The division into shards.
        source
            The incident particles.

        Returns
        -------
        dict
            What is there, by the shard's number.

        Raises
        ------
        DataError
            If what is there is no beginning of the sample.
        """
        found: dict[int, KeptRows] = {}
        paths = self._shard_paths() if self.sharded else [self.path]
        for shard, path in enumerate(paths):
            with ShowerFile(path) as file:
                self._check_beginning(path, file, plan)
                self._check_size(shard, len(file), layout, is_last=shard == len(paths) - 1)
                start = layout.shard_rows(shard)[0]
                _check_events(path, file, start, source)
                found[shard] = KeptRows(path, len(file), file.metadata.generator, file.metadata.settings)
        return found

    def target(self, shard: int, store: ChunkStore) -> Path:
        """Name the file to write a finished shard to."""
        return store.shards / shard_name(shard) if self.sharded else self.path

    def publish(self, store: ChunkStore, *, keep: bool) -> None:
        """Let the finished shards appear under the output's name.

        A new folder appears at once; shards that a sample grew by are moved into it in their order.

        Parameters
        ----------
        store
            Where the shards are.
        keep
            Whether the shards that are there stay, rather than being replaced.

        Raises
        ------
        DataError
            If they cannot be moved.
        """
        if not self.sharded:
            return
        try:
            if self._holds_anything() and keep:
                for path in sorted(store.shards.glob("*.h5")):
                    path.replace(self.path / path.name)
                return
            if self.path.exists():
                self.path.replace(store.folder / _REPLACED)
            store.shards.replace(self.path)
        except OSError as failure:
            raise write_error(self.path, failure) from None

    def _holds_anything(self) -> bool:
        return self.path.is_dir() and any(True for _ in self.path.iterdir())

    def _shard_paths(self) -> list[Path]:
        """List the shards that are there, the first ones without a gap."""
        names = sorted(path.name for path in self.path.iterdir() if path.suffix in (".h5", ".hdf5"))
        for number, name in enumerate(names):
            if name != shard_name(number):
                raise DataError(
                    f"{self.path} exists already and cannot be gone on with",
                    got=f"'{name}'",
                    expected=f"'{shard_name(number)}'",
                )
        return [self.path / name for name in names]

    def _check_beginning(self, path: Path, file: ShowerFile, plan: Mapping[str, Any]) -> None:
        """Compare the settings a file was made with to those asked for, and name a difference."""
        made = file.metadata
        if made.kind != "geant4":
            raise DataError(f"{path} exists already", got="a model's showers", expected="Geant4's")
        found: dict[str, Any] = {
            "seed": made.seed,
            "detector": made.detector.model_dump(mode="json"),
            "physics_data": made.physics_data,
            "versions": made.versions,
            **{key: made.settings.get(key) for key in (*SETTINGS, "fast_sim")},
        }
        difference = first_difference(found, {key: plan.get(key) for key in found})
        if difference is not None:
            key, old, new = difference
            raise DataError(
                f"{path} exists already and cannot be gone on with: '{key}' differs",
                got=new,
                expected=f"{old} as in the file",
                mend="use the settings it was made with, choose another name, or --overwrite",
            )

    def _check_size(self, shard: int, rows: int, layout: ChunkLayout, *, is_last: bool) -> None:
        """Refuse what is larger than what is asked for, or divided otherwise."""
        if shard >= layout.n_shards or rows > layout.shard_rows(shard)[1] - layout.shard_rows(shard)[0]:
            whole = self.sharded and rows > layout.shard_events
            raise DataError(
                f"{self.path} exists already and " + ("has larger shards" if whole else "holds more showers"),
                expected=f"at most {layout.shard_events} a shard" if whole else f"at most {layout.n}",
                mend="ask for at least as many as there are, choose another name, or --overwrite",
            )
        if not is_last and rows != layout.shard_events:
            raise DataError(
                f"{self.path} exists already: its shards",
                got=f"{layout.shard_events} showers each asked for",
                expected=f"{rows}, as shard {shard} holds",
                mend=f"--shard-size {rows}",
            )


def _check_events(path: Path, file: ShowerFile, start: int, source: IncidentSource) -> None:
    """Compare the numbers of a file's first and last event with those that belong there."""
    for row in {0, len(file) - 1} if len(file) else ():
        found, expected = file.read_event_id(row, row + 1), source.read(start + row, start + row + 1)[1]
        if not np.array_equal(found, expected):
            raise DataError(
                f"{path} exists already and cannot be gone on with: its event {row}",
                got=f"number {int(found[0])}",
                expected=f"number {int(expected[0])}",
            )

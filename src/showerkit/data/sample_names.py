"""Short names of samples that tell them apart."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def sample_names(paths: Sequence[Path | str]) -> list[str]:
    """Name samples by their files, with the folder where names repeat.

    Parameters
    ----------
    paths
        Files or folders of shards.

    Returns
    -------
    list of str
        A name for each, all different.

    Examples
    --------
    >>> sample_names(["geant4.h5", "one/made.h5", "two/made.h5"])
    ['geant4', 'one/made', 'two/made']
    """
    stems = [Path(path).stem for path in paths]
    names: list[str] = []
    for path, stem in zip(paths, stems, strict=True):
        name = stem if stems.count(stem) == 1 else f"{Path(path).resolve().parent.name}/{stem}"
        while name in names:
            name += "'"
        names.append(name)
    return names

"""Refuse evaluations in which a file is named twice."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from showerkit.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence


def refuse_twice(
    reference: Path | str,
    candidates: Sequence[Path | str],
    floor: Path | str | None = None,
    training: Path | str | None = None,
) -> None:
    """Refuse a file that plays two roles.

    Raises
    ------
    DataError
        If it does.

    Examples
    --------
    >>> try:
    ...     refuse_twice("geant4.h5", ["made.h5"], floor="geant4.h5")
    ... except DataError as error:
    ...     print(str(error).partition(";")[0])
    floor: geant4.h5: got the same file as the reference
    """
    seen: dict[Path, str] = {}
    roles = [("reference", reference), *(("candidate", path) for path in candidates)]
    roles += [] if floor is None else [("floor", floor)]
    roles += [] if training is None else [("training sample", training)]
    for role, path in roles:
        resolved = Path(path).resolve()
        if resolved in seen:
            raise DataError(
                f"{role}: {path}",
                got=f"the same file as the {seen[resolved]}",
                expected="different files",
                mend="name every sample once",
            )
        seen[resolved] = role

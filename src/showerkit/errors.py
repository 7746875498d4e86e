"""Named errors: each says what is wrong, what was got, what was expected and how to mend it."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class ShowerkitError(Exception):
    """Base of all errors that showerkit raises for a user's input or surroundings.

    The command line prints ``str(error)`` as one line and exits with code 2.

    Parameters
    ----------
    what
        What is wrong, naming the object (field, file, dataset).
    got
        The offending value, if there is one.
    expected
        What would have been right.
    mend
        What the user can do about it.

    Examples
    --------
    >>> print(ShowerkitError("energy_mev", got=-3.0, expected="a value >= 0", mend="drop the event"))
    energy_mev: got -3.0; expected a value >= 0; to mend: drop the event
    >>> print(ShowerkitError("a.h5 exists already", mend="choose another name"))
    a.h5 exists already; to mend: choose another name
    """

    def __init__(
        self,
        what: str,
        *,
        got: object | None = None,
        expected: str | None = None,
        mend: str | None = None,
    ) -> None:
        self.what = what
        self.got = got
        self.expected = expected
        self.mend = mend
        facts = []
        if got is not None:
            facts.append(f"got {got}")
        if expected is not None:
            facts.append(f"expected {expected}")
        line = what if not facts else f"{what}: " + "; ".join(facts)
        if mend is not None:
            line += f"; to mend: {mend}"
        # What others said may have several lines.
        super().__init__(re.sub(r"\s*\n\s*", " ", line))


class ConfigurationError(ShowerkitError):
    """A setting, recipe or option is unknown, missing or out of range."""


class TrainingDivergedError(ConfigurationError):
    """A training's losses ran away: its settings do not lead anywhere."""


class TrainingProcessError(ShowerkitError):
    """A process of a training on several devices ended, or lost the others."""


class GeometryError(ShowerkitError):
    """A material, layer or calorimeter is described wrongly."""


class PhysicsDataError(ShowerkitError):
    """Geant4's data files are missing, incomplete or cannot be built."""


class SimulationError(ShowerkitError):
    """A simulation worker failed or produced an impossible event."""


class ClusterError(ShowerkitError):
    """A cluster cannot be reached or started, or its workers do not fit."""


class DataError(ShowerkitError):
    """Arrays of a record have wrong shapes, types or values."""


class FileFormatError(DataError):
    """A file is truncated, of another format or violates its schema."""


class CheckpointError(ShowerkitError):
    """A checkpoint or run directory is damaged, foreign or does not fit."""


class OutOfRangeError(ShowerkitError):
    """A request lies outside the range a model was trained on."""


class ExportError(ShowerkitError):
    """A model cannot be exported, or the exported file does not give what the model gives."""


class MissingDependencyError(ShowerkitError):
    """An optional package is needed that is not installed."""


def suggest(name: str, known: Iterable[str]) -> str:
    """Say which known name is nearest to an unknown one.

    Parameters
    ----------
    name
        The unknown name.
    known
        The names that would be accepted.

    Returns
    -------
    str
        ``did you mean 'x'?`` or the list of known names.

    Examples
    --------
    >>> suggest("epoch", ["epochs", "seed"])
    "did you mean 'epochs'?"
    """
    names = sorted(known)
    near = get_close_matches(name, names, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    return "use one of: " + ", ".join(names)

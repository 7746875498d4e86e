"""What the folder of an unfinished sample was begun for: its settings, and how large the sample is to be."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from showerkit.data.atomic_file import replacing
from showerkit.data.only_writer import claim_folder
from showerkit.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

PLAN: Final = "plan.json"
_GOAL: Final = "goal.json"
#: Parts of a plan that decide how many events there are, not which.
_SIZES: Final = ("n", "events_per_chunk")


def partial_folder(output: Path | str) -> Path:
    """Name of the folder that keeps the finished chunks of an output.

    Examples
    --------
    >>> partial_folder("runs/showers.h5").name
    'showers.h5.partial'
    """
    output = Path(output)
    return output.with_name(f"{output.name}.partial")


def tidy_partial(output: Path | str, plan: Mapping[str, Any], *, goal: int | None = None) -> str | None:
    """Throw away what a killed run left beside its finished output; keep what a larger sample needs.

    Parameters
    ----------
    output
        The finished file.
    plan
        Everything that decides its contents, as JSON values.
    goal
        Its size, if the plan does not say it.

    Returns
    -------
    str or None
        What to tell of a folder that is kept.

    Raises
    ------
    DataError
        If there is a partial folder of other settings.
    """
    folder = partial_folder(output)
    if not (folder / PLAN).exists():
        return None
    wanted = json.loads(json.dumps(plan))
    planned = check_plan(folder, wanted, sizes=True)
    begun, finished = (planned, wanted.get("n")) if goal is None else (recorded_goal(folder), goal)
    if begun is None or finished is None or begun > finished:
        return kept_note(folder, begun)
    try:
        claim = claim_folder(folder)
    except DataError:
        # Whoever writes into it throws it away, too.
        return None
    shutil.rmtree(folder, ignore_errors=True)
    if claim is not None:
        os.close(claim)
    return None


def check_plan(folder: Path, wanted: dict[str, Any], *, sizes: bool = False) -> int | None:
    """Compare the settings asked for with those of a folder, and name a difference.

    With `sizes` the number of events and its division into chunks may differ. Returns the number.
    """
    path = folder / PLAN
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError):
        raise no_plan(folder, "no valid JSON") from None
    if not isinstance(found, dict):
        raise no_plan(folder, type(found).__name__)
    compared = {key: wanted.get(key) for key in _SIZES} if sizes else {}
    difference = first_difference({**found, **compared}, {**wanted, **compared})
    if difference is not None:
        key, old, new = difference
        raise DataError(
            f"cannot resume {folder}: '{key}' differs",
            got=_short(new),
            expected=f"{_short(old)} as when it was begun",
            mend="use the settings it was begun with, or --overwrite",
        )
    n = found.get("n")
    return n if isinstance(n, int) else None


def no_plan(folder: Path, got: str) -> DataError:
    """Make the error of a folder whose plan cannot be read."""
    return DataError(
        f"{folder / PLAN}", got=got, expected="the plan of an interrupted run", mend="--overwrite"
    )


def recorded_goal(folder: Path) -> int | None:
    """Size of the largest sample that was begun in a folder; None if it does not say."""
    try:
        found = json.loads((folder / _GOAL).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError, RecursionError):
        return None
    return found if isinstance(found, int) and not isinstance(found, bool) else None


def record_goal(folder: Path, goal: int) -> None:
    """Note the size of a sample that is begun in a folder, unless a larger one was."""
    if goal > (recorded_goal(folder) or 0):
        with replacing(folder / _GOAL) as partial:
            partial.write_text(json.dumps(goal) + "\n", encoding="utf-8")


def kept_note(folder: Path, goal: int | None) -> str:
    """Tell that a folder is kept, and how to go on with it."""
    if goal is None:
        return f"{folder} of an unfinished run is kept; delete it if no more is wanted"
    return f"{folder} of an unfinished run is kept; go on with it by -n {goal} --resume"


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

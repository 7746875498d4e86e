"""The baselines of energy measurement by kind, and their files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeAlias

from pydantic import Field

from showerkit.data.atomic_file import replacing, write_error
from showerkit.errors import FileFormatError, suggest
from showerkit.reconstruct.boosted_trees import BoostedTrees, BoostedTreesConfig, fit_boosted_trees
from showerkit.reconstruct.linear_calibration import (
    LinearCalibration,
    LinearCalibrationConfig,
    fit_linear_calibration,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from showerkit.data.records import Showers

#: A baseline, chosen by its ``kind``; serves as the type of a recipe's field.
AnyBaselineConfig: TypeAlias = Annotated[
    LinearCalibrationConfig | BoostedTreesConfig, Field(discriminator="kind")
]
Baseline: TypeAlias = LinearCalibration | BoostedTrees

_KINDS: Final[dict[str, type[LinearCalibration] | type[BoostedTrees]]] = {
    "linear-total": LinearCalibration,
    "linear-layers": LinearCalibration,
    "boosted-trees": BoostedTrees,
}
_FORMAT: Final = "showerkit energy baseline 1"


def fit_baseline(
    config: LinearCalibrationConfig | BoostedTreesConfig,
    showers: Iterable[Showers],
    shape: tuple[int, int, int],
) -> Baseline:
    """Fit the baseline that a configuration describes.

    Parameters
    ----------
    config
        Its configuration.
    showers
        Batches of showers of the training part.
    shape
        (layers, cells_y, cells_x) of the calorimeter.

    Returns
    -------
    LinearCalibration or BoostedTrees
        Its ``predict(showers)`` gives energies in MeV, shape (N,).

    Raises
    ------
    DataError
        If there are too few showers, or they lack a quantity.
    """
    if isinstance(config, LinearCalibrationConfig):
        return fit_linear_calibration(config, showers, shape)
    return fit_boosted_trees(config, showers, shape)


def save_baseline(path: Path | str, baseline: Baseline) -> None:
    """Write a baseline as JSON, whole or not at all.

    Parameters
    ----------
    path
        The file.
    baseline
        The baseline.

    Raises
    ------
    DataError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> fit = LinearCalibration(
    ...     kind="linear-total", quantity="deposits", shape=(1, 2, 2), weights_mev=(40.0,), intercept_mev=1.0,
    ...     ridge=0.0, n_events=9,
    ... )
    >>> path = Path(tempfile.mkdtemp()) / "fit.json"
    >>> save_baseline(path, fit)
    >>> load_baseline(path) == fit
    True
    """
    text = json.dumps({"format": _FORMAT, **baseline.to_dict()}, allow_nan=False)
    try:
        with replacing(path) as partial:
            partial.write_text(text + "\n", encoding="utf-8")
    except OSError as failure:
        raise write_error(Path(path), failure) from None


def load_baseline(path: Path | str) -> Baseline:
    """Read a baseline that `save_baseline` wrote; nothing in the file is executed.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    LinearCalibration or BoostedTrees
        The baseline.

    Raises
    ------
    FileFormatError
        If the file cannot be read, is truncated, or holds something else.
    """
    values = _read(Path(path))
    if values.pop("format", None) != _FORMAT:
        raise FileFormatError(f"{path}", got="no baseline", expected=f"a file of format {_FORMAT!r}")
    kind = values.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise FileFormatError(f"{path}: 'kind'", got=repr(kind), mend=suggest(str(kind), _KINDS))
    return _KINDS[kind].from_dict(values, str(path))


def _read(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except OSError as missing:
        raise FileFormatError(f"{path}", got=missing.strerror, expected="a readable JSON file") from None
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        raise FileFormatError(f"{path}", got="no valid JSON", expected="a baseline's JSON file") from None
    if not isinstance(values, dict):
        raise FileFormatError(f"{path}", got=type(values).__name__, expected="a JSON object")
    return values

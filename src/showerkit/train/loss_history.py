"""Losses of a training against epochs, from the table that it writes."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np

from showerkit.errors import FileFormatError

if TYPE_CHECKING:
    from pathlib import Path

    from showerkit.typing import FloatArray


def read_losses(path: Path) -> dict[str, FloatArray]:
    r"""Read the columns of a training's ``metrics.csv``.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    dict
        Column by name, shape (epochs,); an empty field is NaN.

    Raises
    ------
    FileFormatError
        If the file is missing, or no table of losses.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> table = pathlib.Path(tempfile.mkdtemp()) / "metrics.csv"
    >>> _ = table.write_text("epoch,train_loss\n1,0.5\n2,0.25\n")
    >>> read_losses(table)["train_loss"].tolist()
    [0.5, 0.25]
    """
    expected = "a table of losses"
    try:
        with path.open(newline="", encoding="utf-8") as handle:
            rows = list(csv.DictReader(handle))
    except OSError as missing:
        raise FileFormatError(f"{path}", got=missing.strerror, expected=expected) from None
    except (UnicodeDecodeError, csv.Error):
        raise FileFormatError(f"{path}", got="no readable text", expected=expected) from None
    if not rows or "epoch" not in rows[0]:
        raise FileFormatError(f"{path}", got="no column 'epoch' with values", expected=expected)
    try:
        return {name: np.array([float(row[name] or "nan") for row in rows]) for name in rows[0]}
    except (ValueError, TypeError):
        raise FileFormatError(f"{path}", got="fields that are no numbers", expected=expected) from None

"""Reads the bremsstrahlung cross sections of Seltzer and Berger, to fit and to check against."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.errors import PhysicsDataError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def read_seltzer_berger(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Read a table in the layout of S. M. Seltzer's file of 1984.

    After a line of text come the numbers of energies and of ratios k/T, the energies in MeV, the
    ratios, a line of text, and for each Z from 1 the scaled cross sections in mb, energy fastest.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    tuple
        Energies in MeV, shape (E,); ratios k/T, shape (K,); scaled cross sections
        (beta^2 / Z^2) k dsigma/dk in mb, shape (Z, E, K).

    Raises
    ------
    PhysicsDataError
        If the file cannot be read or its size does not fit its header.
    """
    try:
        lines = path.read_text(encoding="ascii").splitlines()
        n_energies, n_ratios = (int(word) for word in lines[1].split())
        numbers = _numbers(lines[2:])
        table = numbers[n_energies + n_ratios :].reshape(-1, n_ratios, n_energies).transpose(0, 2, 1)
    except (OSError, ValueError, IndexError) as error:
        raise PhysicsDataError(
            f"table of bremsstrahlung {path} cannot be read",
            got=str(error),
            expected="text, two sizes, energies, ratios, text, cross sections",
        ) from error
    return numbers[:n_energies], numbers[n_energies : n_energies + n_ratios], table


def _numbers(lines: list[str]) -> NDArray[np.float64]:
    """All numbers of lines that hold numbers alone."""
    found: list[float] = []
    for line in lines:
        words = line.split()
        if words and words[0][0].isdigit():
            found += [float(word) for word in words]
    return np.array(found)

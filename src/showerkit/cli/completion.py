"""What the shell completes: names of shipped detectors, recipes and models.

Files are completed by the shell itself where no name fits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def detector_completion(incomplete: str) -> list[str]:
    """Names of shipped detectors that begin so.

    Examples
    --------
    >>> detector_completion("toy")
    ['toy-hcal']
    """
    from showerkit.geometry import detector_names

    return _beginning(incomplete, detector_names())


def recipe_completion(incomplete: str) -> list[str]:
    """Names of shipped recipes that begin so.

    Examples
    --------
    >>> recipe_completion("demo-")
    ['demo-mask-value']
    """
    from showerkit.train.shipped_recipes import shipped_recipes

    return _beginning(incomplete, shipped_recipes())


def model_completion(incomplete: str) -> list[str]:
    """Names of shipped models that begin so.

    Examples
    --------
    >>> model_completion("zdc-ecal-g")
    ['zdc-ecal-gan']
    """
    from showerkit.train.model_store import shipped_models

    return _beginning(incomplete, shipped_models())


def _beginning(incomplete: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(incomplete)]

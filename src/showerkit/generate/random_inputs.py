"""The random numbers that a generator is given for each event, by name and law."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from showerkit.generate.event_random import event_normals, event_normals_32, event_uniforms

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import numpy as np
    from numpy.typing import NDArray

#: ``normal``: mean 0 and width 1; ``uniform``: between 0 and 1; ``normal-32``: normal in
#: single precision, of 65,536 values and drawn faster.
RandomLaw: TypeAlias = Literal["normal", "uniform", "normal-32"]


class RandomInput(NamedTuple):
    """Independent random numbers that a generator takes.

    Parameters
    ----------
    name
        Name of the stream.
    law
        ``normal``, ``uniform`` or ``normal-32``.
    numbers
        How many an event.
    """

    name: str
    law: RandomLaw
    numbers: int


def draw_random(
    inputs: Iterable[RandomInput], seed: int, event_ids: NDArray[np.int64]
) -> Mapping[str, NDArray[np.floating]]:
    """Draw the random numbers of events, each depending on the seed and the event's number alone.

    Parameters
    ----------
    inputs
        What to draw.
    seed
        The user's seed.
    event_ids
        Event numbers, shape (N,).

    Returns
    -------
    mapping
        Numbers by name of the stream, each of shape (N, numbers).

    Examples
    --------
    >>> import numpy as np
    >>> drawn = draw_random([RandomInput("mask", "uniform", 3)], 7, np.array([0, 5]))
    >>> drawn["mask"].shape, bool((drawn["mask"] < 1.0).all())
    ((2, 3), True)
    """
    laws: Mapping[RandomLaw, Callable[[int, str, NDArray[np.int64], int], NDArray[np.floating]]]
    laws = {"normal": event_normals, "uniform": event_uniforms, "normal-32": event_normals_32}
    return {name: laws[law](seed, name, event_ids, numbers) for name, law, numbers in inputs}

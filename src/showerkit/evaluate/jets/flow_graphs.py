"""The multigraphs of the energy flow polynomials that JetNet uses, in EnergyFlow's order."""

from __future__ import annotations

from typing import Final, TypeAlias

Edge: TypeAlias = tuple[int, int]
Graph: TypeAlias = tuple[Edge, ...]

#: Connected multigraphs with at most four edges: 1, 1, 2, 5 and 12 of them with 0, 1, 2, 3 and 4 edges.
#: The one without edges is a single vertex.
CONNECTED: Final[tuple[Graph, ...]] = (
    (),
    ((0, 1),),
    ((0, 1), (0, 1)),
    ((0, 1), (0, 1), (0, 1)),
    ((0, 1), (0, 1), (0, 1), (0, 1)),
    ((0, 1), (0, 2)),
    ((0, 1), (0, 2), (0, 2)),
    ((0, 1), (0, 2), (0, 2), (0, 2)),
    ((0, 1), (0, 1), (0, 2), (0, 2)),
    ((0, 1), (0, 2), (1, 2)),
    ((0, 1), (0, 2), (0, 2), (1, 2)),
    ((0, 1), (0, 2), (0, 3)),
    ((0, 1), (0, 2), (0, 2), (0, 3)),
    ((0, 1), (0, 2), (1, 3)),
    ((0, 1), (0, 2), (0, 2), (1, 3)),
    ((0, 1), (0, 1), (0, 2), (1, 3)),
    ((0, 1), (0, 2), (1, 2), (0, 3)),
    ((0, 1), (0, 2), (1, 3), (2, 3)),
    ((0, 1), (0, 2), (0, 3), (0, 4)),
    ((0, 1), (0, 2), (0, 3), (1, 4)),
    ((0, 1), (0, 2), (1, 3), (2, 4)),
)

#: Disconnected multigraphs with at most four edges, as places of their parts in `CONNECTED`.
DISCONNECTED: Final[tuple[tuple[int, ...], ...]] = (
    (1, 1),
    (1, 2),
    (1, 3),
    (2, 2),
    (1, 5),
    (2, 5),
    (1, 6),
    (1, 9),
    (1, 1, 1),
    (1, 11),
    (1, 13),
    (5, 5),
    (1, 1, 2),
    (1, 1, 5),
    (1, 1, 1, 1),
)

#: Columns with four vertices, four edges and one part: those of W1EFP.
W1_COLUMNS: Final[tuple[int, ...]] = (12, 14, 15, 16, 17)


def flow_graphs() -> tuple[Graph, ...]:
    """All multigraphs with at most four edges, a column of `energy_flow_polynomials` each.

    Returns
    -------
    tuple
        36 graphs, each a tuple of edges between vertices 0, 1, ...

    Examples
    --------
    >>> graphs = flow_graphs()
    >>> len(graphs), graphs[2], graphs[21]
    (36, ((0, 1), (0, 1)), ((0, 1), (2, 3)))
    """
    return CONNECTED + tuple(_side_by_side([CONNECTED[part] for part in parts]) for parts in DISCONNECTED)


def _side_by_side(parts: list[Graph]) -> Graph:
    edges: list[Edge] = []
    first = 0
    for part in parts:
        edges += [(first + i, first + j) for i, j in part]
        first += 1 + max(max(edge) for edge in part)
    return tuple(edges)

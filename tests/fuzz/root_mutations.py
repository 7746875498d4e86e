"""Changes of ROOT files that know their columns: values, types, lengths, names, and what is there at all."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .mutation import Mutation, pick
from .root_samples import Columns, edm4hep_columns, write_rntuple, write_tree

_ODD = [
    np.nan, np.inf, -np.inf, -1.0, 0.0, 1e30, -1e30, 1e-40, 2.0**31, -(2.0**31), 2.0**62, 3.0, 11.0, 1e6,
]  # fmt: skip
_TYPES = ["i1", "u1", "i2", "i4", "i8", "u4", "u8", "f4", "f8", "?"]


def _columns(random: np.random.Generator) -> Columns:
    """Columns with one to three changes."""
    columns = edm4hep_columns(np.random.default_rng(1))
    for _ in range(int(random.integers(1, 4))):
        name = pick(random, list(columns))
        counts, values = columns[name]
        action = int(random.integers(8))
        if action <= 2 and len(values):
            changed = values.astype("f8")
            changed[random.integers(0, len(values), int(random.integers(1, 4)))] = pick(random, _ODD)
            with np.errstate(all="ignore"):
                columns[name] = (counts, changed.astype(values.dtype))
        elif action == 3:
            with np.errstate(all="ignore"):
                columns[name] = (counts, values.astype(pick(random, _TYPES)))
        elif action == 4:
            del columns[name]
        elif action == 5:
            columns[pick(random, ["a", name + "x", name.upper(), name.replace(".", "_"), "events"])] = (
                columns.pop(name)
            )
        elif action == 6:
            other = random.permutation(counts)
            columns[name] = (other, values)
        else:
            rows = pick(random, [0, 1, 3])
            columns = {key: (some[:rows], held[: some[:rows].sum()]) for key, (some, held) in columns.items()}
    return columns


def _tree_values(path: Path, random: np.random.Generator) -> None:
    name = "events" if random.random() < 0.9 else pick(random, ["showers", "Events", "a"])
    write_tree(path, _columns(random), name, packed=bool(random.random() < 0.3))


def _rntuple_values(path: Path, random: np.random.Generator) -> None:
    name = "events" if random.random() < 0.9 else pick(random, ["showers", "Events", "a"])
    write_rntuple(path, _columns(random), name)


def _another_object(path: Path, random: np.random.Generator) -> None:
    """Something that is no table under the table's name."""
    import uproot

    path.unlink()
    with uproot.recreate(path) as file:
        for name in ("events", "showers", "metadata"):
            if random.random() < 0.6:
                file[name] = pick(random, ["a text", "{}", "[" * 100_000, "null"])
            elif random.random() < 0.5:
                file[name] = np.histogram(random.normal(size=9), bins=4)
            else:
                file.mktree(name, {"a": "f8"}).extend({"a": random.normal(size=3)})


def _claims(path: Path, random: np.random.Generator) -> None:
    """Numbers of entries, sizes and counts in the file's own records that are not true."""
    content = bytearray(path.read_bytes())
    for _ in range(int(random.integers(1, 4))):
        place = int(random.integers(4, len(content) - 8))
        small = [
            n for n in range(place, min(place + 400, len(content) - 4)) if content[n : n + 3] == b"\0\0\0"
        ]
        at = pick(random, small) if small else place
        content[at : at + 4] = pick(
            random,
            [b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x40\0\xff\xff", b"\0\x0f\xff\xff"],
        )
    path.write_bytes(content)


TREE_MUTATIONS = [
    *[Mutation("columns", _tree_values)] * 3, Mutation("another object", _another_object),
    Mutation("claims", _claims),
]  # fmt: skip
RNTUPLE_MUTATIONS = [
    *[Mutation("columns", _rntuple_values)] * 3, Mutation("another object", _another_object),
    Mutation("claims", _claims),
]  # fmt: skip
NTUPLE_MUTATIONS = [Mutation("another object", _another_object), *[Mutation("claims", _claims)] * 3]

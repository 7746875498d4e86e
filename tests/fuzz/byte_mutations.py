"""Changes that know nothing of what a file means: bytes are lost, flipped, moved, repeated."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .mutation import Mutation


def _truncate(path: Path, random: np.random.Generator) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(random.integers(len(content) + 1))])


def _cut_the_end(path: Path, random: np.random.Generator) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: -int(random.integers(1, 65))])


def _flip_bits(path: Path, random: np.random.Generator) -> None:
    content = bytearray(path.read_bytes())
    for place in random.integers(0, len(content), int(2 ** random.integers(0, 7))):
        content[place] ^= 1 << int(random.integers(8))
    path.write_bytes(content)


def _flip_early_bits(path: Path, random: np.random.Generator) -> None:
    """Headers stand at the beginning of most files."""
    content = bytearray(path.read_bytes())
    for place in random.integers(0, min(len(content), 2048), int(2 ** random.integers(0, 5))):
        content[place] ^= 1 << int(random.integers(8))
    path.write_bytes(content)


def _odd_bytes(path: Path, random: np.random.Generator) -> None:
    """Put lengths and addresses that mean trouble at any place."""
    content = bytearray(path.read_bytes())
    odd = [b"\xff" * 8, b"\x00" * 8, b"\x7f" + b"\xff" * 7, b"\xff" * 7 + b"\x7f", b"\x80", b"\x01\x00" * 4]
    for place in random.integers(0, len(content), int(random.integers(1, 6))):
        value = odd[int(random.integers(len(odd)))]
        content[place : place + len(value)] = value
    path.write_bytes(content)


def _move_a_piece(path: Path, random: np.random.Generator) -> None:
    content = path.read_bytes()
    a, b, c = sorted(int(n) for n in random.integers(0, len(content) + 1, 3))
    path.write_bytes(content[:a] + content[b:c] + content[a:b] + content[c:])


def _repeat_a_piece(path: Path, random: np.random.Generator) -> None:
    content = path.read_bytes()
    a, b = sorted(int(n) for n in random.integers(0, len(content) + 1, 2))
    path.write_bytes(content[:b] + content[a:])


def _random_block(path: Path, random: np.random.Generator) -> None:
    content = bytearray(path.read_bytes())
    start = int(random.integers(len(content)))
    length = min(int(2 ** random.integers(2, 11)), len(content) - start)
    content[start : start + length] = random.bytes(length)
    path.write_bytes(content)


def _empty(path: Path, random: np.random.Generator) -> None:
    path.write_bytes(b"")


def _noise(path: Path, random: np.random.Generator) -> None:
    path.write_bytes(random.bytes(int(random.integers(1, 5000))))


BYTE_MUTATIONS = [
    Mutation("truncated", _truncate),
    Mutation("last bytes cut", _cut_the_end),
    Mutation("bits flipped", _flip_bits),
    Mutation("early bits flipped", _flip_early_bits),
    Mutation("odd bytes", _odd_bytes),
    Mutation("piece moved", _move_a_piece),
    Mutation("piece repeated", _repeat_a_piece),
    Mutation("random block", _random_block),
    Mutation("empty", _empty, must_fail=True),
    Mutation("noise", _noise, must_fail=True),
]

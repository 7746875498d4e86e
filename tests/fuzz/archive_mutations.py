"""Archives whose members are not what an archive of data holds, and lines of text."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from pathlib import Path

import numpy as np

from .mutation import Mutation, pick
from .tree_mutations import mutated_tree

TOP = "G4TOY1.0"


def archive(path: Path) -> Path:
    """Three files, one a link to another, in one folder."""
    files = [_file(f"{TOP}/a.dat", b"1 2 3\n" * 50), _file(f"{TOP}/sub/b.dat", b"4")]
    _write(path, [*files, _link(f"{TOP}/c", "a.dat")])
    return path


def _file(name: str, content: bytes) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    return member, content


def _link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tuple[tarfile.TarInfo, bytes]:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member, b""


def _write(path: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    with tarfile.open(path, "w:gz", compresslevel=1, format=tarfile.PAX_FORMAT) as file:
        for member, content in members:
            file.addfile(member, io.BytesIO(content))


def _members(path: Path, random: np.random.Generator) -> None:
    names = [
        "../escaped", f"{TOP}/../../escaped", "/tmp/showerkit-fuzz-ran", f"{TOP}/a.dat",
        f"{TOP}", ".", "",
        f"{TOP}/a\0b", f"{TOP}/" + "x" * 400,
        f"{TOP}/" + "d/" * 3000 + "e", f"{TOP}\\..\\x", f"{TOP}/\udcff", "other/a",
        f"./{TOP}/a", f"{TOP}//b", f"{TOP}/sub", f"{TOP}/sub/b.dat/c", f"{TOP}/é",
    ]  # fmt: skip
    targets = [
        "a.dat",
        "../../etc/passwd",
        "/etc/passwd",
        f"{TOP}/a.dat",
        "c",
        ".",
        "",
        "sub",
        "nowhere",
        "\0",
    ]
    kinds = [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE, b"Z"]
    members = [_file(f"{TOP}/a.dat", b"1 2 3\n")]
    for _ in range(int(random.integers(1, 5))):
        if random.random() < 0.5:
            members.append(_file(pick(random, names), b"x" * int(random.integers(0, 99))))
        else:
            members.append(
                _link(pick(random, [*names, f"{TOP}/n"]), pick(random, targets), pick(random, kinds))
            )
    order = random.permutation(len(members))
    _write(path, [members[n] for n in order])


def _large(path: Path, random: np.random.Generator) -> None:
    """A file of zeros, small when packed, or one whose size is not true."""
    if random.random() < 0.5:
        _write(path, [_file(f"{TOP}/a.dat", bytes(3 * 10**7))])
        return
    member, content = _file(f"{TOP}/a.dat", b"abc" * 99)
    member.size = int(pick(random, [0, 10**6, 8**11 - 1, 10**15]))
    raw = member.tobuf(tarfile.GNU_FORMAT) + content
    path.write_bytes(gzip.compress(raw + bytes(pick(random, [0, 512, 1024])), 1))


def _inner_bytes(path: Path, random: np.random.Generator) -> None:
    """Bytes changed below the compression."""
    content = bytearray(gzip.decompress(path.read_bytes()))
    for place in random.integers(0, min(len(content), 4096), int(2 ** random.integers(0, 6))):
        content[place] = int(pick(random, [0, 255, 48, 55, 47, 120, int(random.integers(256))]))
    path.write_bytes(gzip.compress(bytes(content), 1))


def _words(path: Path, random: np.random.Generator) -> None:
    """Change a word or a line of text."""
    lines = path.read_text(encoding="utf-8").split("\n")
    odd = [
        "",
        "-1",
        "0",
        "1e999",
        "nan",
        "9" * 5000,
        "999999999",
        "a",
        "=",
        "=3",
        "a=[",
        "a={",
        "a=!!set {b}",
        "é",
        "\x85",
    ]
    line = int(random.integers(len(lines)))
    words = lines[line].split(" ")
    words[int(random.integers(len(words)))] = pick(random, odd)
    lines[line] = " ".join(words)
    if random.random() < 0.3:
        del lines[int(random.integers(len(lines)))]
    path.write_text("\n".join(lines), encoding="utf-8")


def _journal(path: Path, random: np.random.Generator) -> None:
    """Change the values of some lines of JSON, lose or repeat a line."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for _ in range(int(random.integers(1, 4))):
        place, action = int(random.integers(len(lines))), int(random.integers(6))
        if action <= 3:
            lines[place] = json.dumps(mutated_tree(json.loads(lines[place]), random))
        elif action == 4:
            del lines[place]
        else:
            lines.insert(place, pick(random, lines))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


JOURNAL_MUTATIONS = [Mutation("records", _journal)] * 3
ARCHIVE_MUTATIONS = [
    *[Mutation("members", _members)] * 3, Mutation("large", _large),
    *[Mutation("inner bytes", _inner_bytes)] * 2,
]  # fmt: skip
LINE_MUTATIONS = [Mutation("words", _words)] * 2

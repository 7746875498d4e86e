"""Changes of tables, of XML and of IDX headers."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np

from .mutation import Mutation, pick


def _table(path: Path, random: np.random.Generator) -> None:
    rows = [line.split(",") for line in path.read_text().splitlines()]
    row = pick(random, rows)
    odd = ["", "a", "nan", "1e999", "-1", '"', '"a\nb"', "\x00", "1" * 200_000, "1_000", " 3", "é", "epoch"]
    row[int(random.integers(len(row)))] = pick(random, odd)
    if random.random() < 0.3:
        row.append(pick(random, odd))
    path.write_text("\n".join(",".join(row) for row in rows) + "\n", encoding="utf-8")


def _xml(path: Path, random: np.random.Generator) -> None:
    text = path.read_text()
    entities = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))
    bomb = f'<!DOCTYPE b [<!ENTITY a0 "ha">{entities}]>'
    outside = '<!DOCTYPE b [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    changed = [
        bomb + text.replace("photon", "&a9;"), outside + text.replace("photon", "&x;"), text.replace("8",
        "-8"),
        text.replace('"0,1,2,4"', '"0,1,1,4"'), text.replace('"0,1,2,4"', '"nan,inf,-1"'),
        text.replace("8", "1" * 40), text.replace('id="1"', 'id="0"'), text.replace("<Bin ",
        "<Bin>" * 3000 + "<Bin "),
        text.replace('"8"', '"8.5"'), text.replace('r_edges="0,1,2,4"', ""), text + text,
        text.replace('"8"', '"999999999"'), text.replace('"0,1,2,4"', '"' + ",".join(map(str,
        range(9999))) + '"'),
    ]  # fmt: skip
    path.write_text(pick(random, changed))


def _header(path: Path, random: np.random.Generator) -> None:
    """Lengths that the content does not have, plain and compressed."""
    packed = path.suffix == ".gz"
    content = bytearray(gzip.decompress(path.read_bytes()) if packed else path.read_bytes())
    place = int(random.integers(4))
    content[4 * place : 4 * place + 4] = struct.pack(
        ">I", int(pick(random, [0, 1, 2**31, 2**32 - 1, 4096, 0x0801]))
    )
    if random.random() < 0.2:
        content += bytes(10**8 if packed else 10**6)
    path.write_bytes(gzip.compress(bytes(content), 1) if packed else bytes(content))


TABLE_MUTATIONS = [Mutation("fields", _table)] * 2
XML_MUTATIONS = [Mutation("elements", _xml)] * 2
IDX_MUTATIONS = [Mutation("header", _header)] * 2

"""Changes of GDML: attributes, expressions, references, elements, depth and numbers of copies."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from .mutation import Mutation, pick

_ODD = [
    "", " ", "0", "-1", "-10", "1e999", "-1e999", "nan", "inf", "1e-320", "9" * 400, "1/0", "0/0", "2^1024",
    "2**9**9", "10^10^10", "(" * 3000, "-" * 3000 + "1", "1+" * 3000 + "1", "sin(", "sqrt(-1)", "log(0)",
    "asin(2)", "pow(10,1000)", "exp(1e9)", "w", "half+missing", "__import__('os').system('true')",
    "().__class__",
    "a b", "é", "\u2028", "1,2", "0x10", "1e3", "1_0", "True", "None", "lambda: 0", "f'{1}'", "world",
    "crystal", "module", "glass", "Si", "crystal-box", "m", "deg", "parsec", "g/cm3", "1000000", "2147483648",
    "4294967296", "99999999999999999999", "kXAxis", "../../etc/passwd", "/dev/zero",
]  # fmt: skip
_ATTRIBUTE = re.compile(r'="([^"]*)"')
_ELEMENT = re.compile(r"<([A-Za-z]+)\b[^<>]*/>")


def _attributes(path: Path, random: np.random.Generator) -> None:
    text = path.read_text()
    for _ in range(int(random.integers(1, 4))):
        found = list(_ATTRIBUTE.finditer(text))
        one = pick(random, found)
        value = pick(random, _ODD) if random.random() < 0.7 else pick(random, found).group(1)
        value = value.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
        text = f'{text[: one.start()]}="{value}"{text[one.end() :]}'
    path.write_text(text)


def _elements(path: Path, random: np.random.Generator) -> None:
    text = path.read_text()
    found = list(_ELEMENT.finditer(text))
    one, other = pick(random, found), pick(random, found)
    action = int(random.integers(5))
    if action == 0:
        text = text[: one.start()] + text[one.end() :]
    elif action == 1:
        text = text[: one.end()] + one.group() * int(pick(random, [1, 30, 3000])) + text[one.end() :]
    elif action == 2:
        text = text[: one.start()] + other.group() + text[one.end() :]
    elif action == 3:
        name = pick(random, ["loop", "file", "divisionvol", "replicavol", "paramvol", "union", "a", "matrix"])
        text = text.replace(f"<{one.group(1)} ", f"<{name} ")
    else:
        text = re.sub(r" [A-Za-z_]+=\"[^\"]*\"", "", text, count=int(random.integers(1, 9)))
    path.write_text(text)


def _multiplied(path: Path, random: np.random.Generator) -> None:
    """Modules of modules: the number of cells grows tenfold with every line."""
    text = path.read_text()
    levels = "".join(
        f'<volume name="m{n + 1}"><materialref ref="glass"/><solidref ref="module-box"/>'
        + "".join(
            f'<physvol copynumber="{k}"><volumeref ref="{f"m{n}" if n else "module"}"/></physvol>'
            for k in range(10)
        )
        + "</volume>"
        for n in range(int(random.integers(1, 12)))
    )
    last = levels.count("<volume ")
    text = text.replace('<volume name="world">', levels + '<volume name="world">')
    path.write_text(text.replace('ref="module"/></physvol>', f'ref="m{last}"/></physvol>'))


def _circles(path: Path, random: np.random.Generator) -> None:
    text = path.read_text()
    changed = [
        text.replace('ref="crystal"', 'ref="module"'), text.replace('ref="module"', 'ref="world"'),
        text.replace('<world ref="world"', '<world ref="crystal"'), text.replace('value="2*5"', 'value="w"'),
        text.replace('<world ref="world"', '<world ref="nowhere"'), text.replace("<setup", "<setup2"),
    ]  # fmt: skip
    path.write_text(pick(random, changed))


def _document(path: Path, random: np.random.Generator) -> None:
    text = path.read_text()
    entities = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))
    bombs = [
        f'<!DOCTYPE gdml [<!ENTITY a0 "ha">{entities}]><gdml>&a9;</gdml>',
        '<!DOCTYPE gdml [<!ENTITY x SYSTEM "file:///etc/passwd">]><gdml>&x;</gdml>',
        '<!DOCTYPE gdml SYSTEM "http://127.0.0.1:9/a.dtd">' + text,
        "<gdml>" + "<a>" * 100_000, "<a>" * 500 + "</a>" * 500, "<gdml/>", "<html/>", "", "\ufeff", "<gdml>",
        text[: len(text) // 2], text + text, "<gdml" + ' a="1"' * 2 + "/>",
        '<?xml version="1.0" encoding="x"?>',
    ]  # fmt: skip
    path.write_text(pick(random, bombs))


GDML_MUTATIONS = [
    *[Mutation("attributes", _attributes)] * 4, *[Mutation("elements", _elements)] * 3,
    Mutation("multiplied", _multiplied), Mutation("circles", _circles),
    Mutation("another document", _document, must_fail=True),
]  # fmt: skip

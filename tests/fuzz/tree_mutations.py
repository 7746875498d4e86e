"""Changes of nested values, as JSON and YAML hold them."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from .mutation import Mutation, pick


def _deep(levels: int) -> list:
    value: list = []
    for _ in range(levels):
        value = [value]
    return value


ODD_VALUES: list[Any] = [
    None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63), 2**64, 10**400, 1e308, -1e308, 1e-320, 0.5,
    float("nan"), float("inf"), float("-inf"), "", " ", "a", "0", "nan", "x" * 5000, "\x00",
    "\ud7ff\U0001f600",
    "../../../../etc/passwd", "/etc/passwd", "/dev/zero", "tcp://127.0.0.1:9", "a\nb", "{}", [], {}, [[]],
    [{}],
    [None], [1, 2, 3], {"kind": None}, {"kind": "mask-value"}, {"": 1}, [0.0] * 3, ["a"] * 100, [-1.0, 1e308],
]  # fmt: skip


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container with each of its keys."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield value, key
            yield from places(inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield value, index
            yield from places(inner)


def mutated_tree(tree: Any, random: np.random.Generator) -> Any:
    """Change one to three places of nested values."""
    tree = copy.deepcopy(tree)
    for _ in range(int(random.integers(1, 4))):
        found = list(places(tree))
        if not found:
            return pick(random, ODD_VALUES)
        holder, key = pick(random, found)
        action = int(random.integers(7))
        if action <= 2:
            holder[key] = copy.deepcopy(pick(random, ODD_VALUES))
        elif action == 3:
            del holder[key]
        elif action == 4 and isinstance(holder, dict):
            holder[pick(random, ["unknown", f"{key}s", "", "kind", "__class__"])] = holder.pop(key)
        elif action == 5:
            other, place = pick(random, found)
            holder[key] = copy.deepcopy(other[place])
        elif isinstance(holder[key], int | float) and not isinstance(holder[key], bool):
            holder[key] = holder[key] * pick(random, [-1, 0, 10, 1000, 10**9, 1e-9])
        else:
            holder[key] = pick(random, [[holder[key]], {"a": holder[key]}, str(holder[key])])
    return tree


def mutated_json(text: str, random: np.random.Generator) -> str:
    """Change a JSON text, mostly by its values, sometimes by its letters."""
    action = int(random.integers(10))
    if action == 0:
        return pick(
            random, ["", "null", "[]", "{}", "3", '"a"', "NaN", "[" * 100_000, '{"a":' * 50_000, "{" * 9]
        )
    if action == 1:
        letters = list(text)
        for place in random.integers(0, len(letters), int(random.integers(1, 9))):
            letters[place] = pick(random, list('{}[]",:0-.e\\ntf '))
        return "".join(letters)
    if action == 2:
        return text.replace("1", "9" * int(random.integers(2, 6000)), 1)
    return json.dumps(mutated_tree(json.loads(text), random))


def _json_values(path: Path, random: np.random.Generator) -> None:
    path.write_text(mutated_json(path.read_text(encoding="utf-8"), random), encoding="utf-8")


def _yaml_values(path: Path, random: np.random.Generator) -> None:
    text = path.read_text(encoding="utf-8")
    if "&a" in text:
        raise ValueError("a file of references is not written out")
    tree = mutated_tree(yaml.safe_load(text), random)
    path.write_text(yaml.safe_dump(tree, sort_keys=False, allow_unicode=True), encoding="utf-8")


_BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]\n" for n in range(12)
)
_TAGS = [
    "!!python/object/apply:os.system ['touch /tmp/showerkit-fuzz-ran']",
    "!!python/object/new:os.system ['true']", "!!python/name:os.system", "!!python/module:os",
    "!!python/tuple [1, 2]", "!!binary 'not base64 %%'", "!!timestamp 2001-99-99", "2001-13-45",
    "!!float abc", "!!int abc", "!!set {a, b}", "!!omap [a]", "!!pairs [a]", "!unknown 3", "0x", "0b",
    "1_000",
    "9" * 6000, "1:30:99", ".inf", ".nan", "-.inf", "~", "!!null a", "!!bool maybe", "2001-01-01 25:61:61",
    "!!str [1]", "!!map [1]", "!!seq {a: 1}", "0o9", "08", "=", "<<", "? a", "&a", "*a", "%", "@a", "`a",
]  # fmt: skip


def _yaml_lines(path: Path, random: np.random.Generator) -> None:
    """Put a value that YAML makes something special of in the place of one of the file's."""
    lines = path.read_text(encoding="utf-8").splitlines()
    with_values = [n for n, line in enumerate(lines) if ":" in line and not line.lstrip().startswith("#")]
    number = pick(random, with_values)
    lines[number] = lines[number].split(":")[0] + ": " + pick(random, _TAGS)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _yaml_bomb(path: Path, random: np.random.Generator) -> None:
    """References to references: small in the file, enormous when written out."""
    text = path.read_text(encoding="utf-8")
    key = pick(random, [line.split(":")[0] for line in text.splitlines() if line[:1].isalpha()])
    keys = [line.split(":")[0] for line in text.splitlines() if line[:1].isalpha()]
    if random.random() < 0.5:
        kept = "\n".join(line for line in text.splitlines() if not line.startswith(f"{key}:"))
        path.write_text(f"{_BOMB}{key}: *a12\n" + pick(random, ["", kept]) + "\n", encoding="utf-8")
        return
    # The same under keys that are known.
    rows = [line.split(": ", 1)[1] for line in _BOMB.splitlines()]
    known = dict.fromkeys([*keys, key])
    lines = [f"{name}: {rows[number]}" for number, name in enumerate(known) if number < len(rows)]
    last = f"[{', '.join([f'*a{len(lines) - 1}'] * 9)}]"
    deep = f"[{last}, {last}, {last}]" if len(lines) < 4 else last
    path.write_text("\n".join([*lines, f"{keys[-1]}x: [{deep}, {deep}]"]) + "\n", encoding="utf-8")


def _yaml_whole(path: Path, random: np.random.Generator) -> None:
    texts: list[bytes] = [
        b"a: &a [*a]\n", b"&a {a: *a}\n", b"a: &x\n  b: *x\n", b"[" * 9000, b"a: " + b"{a: " * 3000,
        b"- " * 5000, b"a:\n" + b"".join(b" " * n + b"a:\n" for n in range(1, 900)),
        b"---\na: 1\n---\nb: 2\n",
        b"\xff\xfea\x00:\x00", b"\xef\xbb\xbfa: 1", b"a: \x00", b"? [a]\n: b", b"? {a: b}\n: c",
        b"<<: 3\na: 1", b"a: &a {b: 1}\nc: {<<: [*a, *a]}", b"%YAML 9.9\n---\na: 1", b"!!python/object:os {}",
        b"a: " + b"9" * 5000, b"\t- a", b"a: 'b", b"# only a comment", b"...", b"a: b: c",
    ]  # fmt: skip
    path.write_bytes(pick(random, texts))


JSON_MUTATIONS = [Mutation("values", _json_values)] * 3
YAML_MUTATIONS = [
    *[Mutation("values", _yaml_values)] * 3,
    Mutation("special values", _yaml_lines),
    Mutation("references to references", _yaml_bomb, must_fail=True),
    Mutation("another document", _yaml_whole, must_fail=True),
]

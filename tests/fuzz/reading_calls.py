"""Finds the modules of showerkit that read files themselves, by the calls in them."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2] / "src" / "showerkit"
#: Functions that read or decode what a file holds.
FUNCTIONS = {
    "load_yaml", "parse_yaml", "safe_load", "open_hdf5", "own_dataset", "open_root", "frombuffer", "fromfile",
    "loadtxt", "genfromtxt", "memmap", "ParserCreate", "fromstring", "DictReader", "InferenceSession",
    "JournalFileBackend", "read_csv", "BZ2File", "LZMAFile", "ZipFile", "read_table",
}  # fmt: skip
#: Functions that do so in these modules.
OF_MODULES = {
    ("json", "load"), ("json", "loads"), ("np", "load"), ("numpy", "load"), ("torch", "load"),
    ("onnx", "load"), ("uproot", "open"), ("gzip", "open"), ("tarfile", "open"), ("csv", "reader"),
    ("pickle", "load"), ("pickle", "loads"),
    ("marshal", "loads"), ("tomllib", "load"), ("joblib", "load"), ("yaml", "load"),
    ("h5py", "File"),
}  # fmt: skip


def reads(source: str) -> bool:
    """Whether a module's code calls one of these functions."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name) and called.id in FUNCTIONS:
            return True
        if isinstance(called, ast.Attribute):
            if called.attr in FUNCTIONS:
                return True
            if isinstance(called.value, ast.Name) and (called.value.id, called.attr) in OF_MODULES:
                return True
    return False


def reading_modules() -> list[str]:
    """Names of the modules that read, below ``showerkit``."""
    return sorted(
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in ROOT.rglob("*.py")
        if reads(path.read_text(encoding="utf-8"))
    )

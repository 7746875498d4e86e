"""Imports point leftwards only, and heavy libraries stay where they belong."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import showerkit

PACKAGE = Path(showerkit.__file__).parent
FOUNDATION = (
    "errors",
    "units",
    "rng",
    "typing",
    "bounded_yaml",
    "configuration",
    "progress",
    "data.checked_array",
    "data.records",
    "data.jet_records",
    "data.calibration_jets",
)
#: Level of each package: a module imports from its own package or from a lower level.
LEVELS = {
    **dict.fromkeys(FOUNDATION, 0),
    "geometry": 1,
    "simulate": 2,
    "data": 3,
    "models": 4,
    "losses": 5,
    "train": 6,
    "generate": 7,
    "reconstruct": 7,
    "evaluate": 8,
    "report": 9,
    "export": 10,
    "workflow": 11,
    "cli": 12,
    "__main__": 13,
}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def module_name(path: Path) -> str:
    """Name of a source file below ``showerkit.``."""
    name = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
    return name.removesuffix(".__init__")


def group(module: str) -> str:
    """The package that a module belongs to."""
    return module if module in FOUNDATION else module.partition(".")[0]


def imports(tree: ast.AST) -> set[str]:
    """Full names of everything that a syntax tree imports, wherever it does."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def top_level_imports(tree: ast.Module) -> set[str]:
    """What is imported when the module is: not inside functions, not under TYPE_CHECKING."""
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            names |= imports(node)
    return names


def violations(importing: str, tree: ast.AST) -> list[str]:
    """Imports of a module that point rightwards or sideways."""
    own = group(importing)
    wrong = []
    for name in sorted(imports(tree)):
        head, _, rest = name.partition(".")
        if head != "showerkit" or rest in ("", "__version__"):
            continue
        target = next((known for known in FOUNDATION if rest == known or rest.startswith(f"{known}.")), None)
        target = target if target is not None else group(rest)
        if target != own and LEVELS[target] >= max(LEVELS[own], 1):
            wrong.append(f"{importing} imports {name}")
    return wrong


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_imports_point_leftwards(path):
    assert violations(module_name(path), ast.parse(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("importing", "code"),
    [
        ("geometry.calorimeter", "from showerkit.data.shower_file import ShowerFile"),
        ("simulate.primaries", "def f():\n    import showerkit.data.splits"),
        ("generate.showers", "from showerkit.reconstruct import energy"),
        ("evaluate.observables", "from showerkit.workflow import run"),
        ("data.records", "from showerkit.geometry import Calorimeter"),
    ],
)
def test_a_wrong_import_is_noticed(importing, code):
    assert len(violations(importing, ast.parse(code))) == 1


def test_geant4_is_imported_by_its_worker_alone():
    importers = {
        module_name(path).rpartition(".")[0]
        for path in MODULES
        if any(
            name.partition(".")[0] == "geant4_pybind"
            for name in imports(ast.parse(path.read_text(encoding="utf-8")))
        )
    }
    assert importers == {"simulate.geant4"}


@pytest.mark.parametrize(
    "path", [path for path in MODULES if module_name(path).startswith("cli.")], ids=module_name
)
def test_verbs_load_nothing_before_they_are_called(path):
    allowed = (
        "__future__",
        "_thread",
        "collections",
        "contextlib",
        "itertools",
        "json",
        "math",
        "pathlib",
        "signal",
        "sys",
        "threading",
        "time",
        "typing",
        "warnings",
        "typer",
        "showerkit.cli",
        "showerkit.progress",
    )
    for name in top_level_imports(ast.parse(path.read_text(encoding="utf-8"))):
        assert name.startswith(allowed), name


def test_no_module_collects_odds_and_ends():
    forbidden = {"utils", "util", "helpers", "misc", "common"}
    assert not {path.stem for path in MODULES} & forbidden

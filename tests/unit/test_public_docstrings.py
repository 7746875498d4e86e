"""Every name that a package offers has a description and an example; read, not imported."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "src"
#: Not described where they are set: a string, and the packages below.
PLAIN = {"__version__"}


@cache
def tree(module: str) -> ast.Module:
    """The syntax tree of a module, by its name."""
    path = ROOT.joinpath(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return ast.parse(path.read_text(encoding="utf-8"))


def offered(module: str) -> list[str]:
    """What a module names in its `__all__`."""
    for node in tree(module).body:
        if isinstance(node, ast.Assign) and any(getattr(to, "id", "") == "__all__" for to in node.targets):
            return ast.literal_eval(node.value)
    return []


def docstring(module: str, name: str) -> str:
    """The docstring of a name, wherever the module has it from."""
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
            return ast.get_docstring(node) or ""
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("showerkit"):
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    if ROOT.joinpath(*node.module.split("."), name).is_dir():
                        return ast.get_docstring(tree(f"{node.module}.{name}")) or ""
                    return docstring(node.module, alias.name)
    raise AssertionError(f"{module}.{name} is nowhere defined")


PACKAGES = [
    ".".join(path.parent.relative_to(ROOT).parts) for path in sorted(ROOT.glob("showerkit/**/__init__.py"))
]
NAMES = [(package, name) for package in PACKAGES for name in offered(package) if name not in PLAIN]


def test_the_walk_finds_the_public_names():
    packages = {package for package, _ in NAMES}
    assert {"showerkit", "showerkit.workflow", "showerkit.geometry"} <= packages
    assert ("showerkit", "load_detector") in NAMES


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_says_what_it_holds(package):
    assert ast.get_docstring(tree(package))


@pytest.mark.parametrize(("package", "name"), NAMES, ids=lambda value: value)
def test_every_public_name_has_an_example(package, name):
    text = docstring(package, name)
    assert "\nExamples\n-----" in text, f"{package}.{name} has no section 'Examples'"
    assert ">>> " in text.split("\nExamples\n")[1], f"the example of {package}.{name} is no code that runs"

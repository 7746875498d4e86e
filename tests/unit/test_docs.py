"""What the documentation shows is valid: YAML loads, and Python names exist."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from showerkit.configuration import parse_config
from showerkit.train.search_space import SearchSpace
from showerkit.workflow.recipe import Recipe, load_recipe

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path, language: str) -> list[str]:
    """Code blocks of a page in one language."""
    return re.findall(
        rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )


def test_the_recipe_of_the_how_to():
    (text,) = blocks(ROOT / "docs/how-to/recipes.md", "yaml")
    assert parse_config(Recipe, yaml.safe_load(text), source="recipes.md").name == "my-first"


def test_the_recipe_of_jets(tmp_path):
    (text,) = blocks(ROOT / "docs/how-to/jet-energy.md", "yaml")
    (tmp_path / "mine.yaml").write_text(text)
    recipe = load_recipe(tmp_path / "mine.yaml")
    assert (recipe.model.kind, recipe.simulate.pile_up, recipe.name) == ("particle-flow", 40.0, "my-jets")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_python_imports_what_exists(page):
    for block in blocks(page, "python"):
        for node in ast.walk(ast.parse(block)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("showerkit"):
                module = import_module(node.module)
                assert all(hasattr(module, alias.name) for alias in node.names)


def test_the_search_space_of_the_how_to_fits_its_recipe():
    page = ROOT / "docs/how-to/tune.md"
    space = SearchSpace.model_validate(yaml.safe_load(blocks(page, "text")[0]))
    (recipe,) = set(re.findall(r"showerkit tune (\S+)", "".join(blocks(page, "console"))))
    for end in (0, -1):
        ends = {key: parameter.extremes()[end] for key, parameter in space.parameters.items()}
        assert load_recipe(recipe, ends).name == recipe


def test_the_missed_aims_are_those_of_the_pages_that_they_name():
    page = ROOT / "docs/limits.md"
    section = page.read_text(encoding="utf-8").split("## Aims that were missed")[1].split("\n## ")[0]
    rows = [row.strip("|").split("|") for row in section.splitlines() if row.startswith("|")][2:]
    assert len(rows) > 3
    for _, _, reached, where in rows:
        source = page.parent / re.search(r"\]\(([^)#]+)", where)[1]
        for figure in re.findall(r"\d+(?:\.\d+)?(?: ± \d+\.\d+)?", reached):
            assert figure in source.read_text(encoding="utf-8"), (figure, source)

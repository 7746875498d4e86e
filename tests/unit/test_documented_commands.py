"""Every `showerkit` command that the documentation shows is one that the command line takes as it stands."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import NamedTuple

import pytest
import typer.main

from showerkit import cli, detector_names, shipped_recipes
from showerkit.train.model_store import shipped_models
from showerkit.train.recipe import parse_overrides
from showerkit.train.shipped_recipes import shipped_search_spaces
from showerkit.workflow.recipe import load_recipe

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "docs").rglob("*.ipynb")),
]
GROUP = typer.main.get_command(cli.app)
VERBS = sorted(GROUP.commands)
SHELLS = ("console", "bash", "sh", "shell")
#: An own detector, recipe or model is a file, or something that a command before has made.
OWN = re.compile(r"[./$]|^[A-Z]+$|^1$")


class Command(NamedTuple):
    """One command of a page: its verb, its words, and whether it stands in running text."""

    verb: str
    words: tuple[str, ...]
    inline: bool

    def __str__(self) -> str:
        """The command as it is shown."""
        return " ".join(("showerkit", self.verb, *self.words))


def text_of(page: Path) -> str:
    """The page's text; of a notebook, its cells with shell commands (`!showerkit ...`) as shell blocks."""
    text = page.read_text(encoding="utf-8")
    if page.suffix != ".ipynb":
        return text
    parts = []
    for cell in json.loads(text)["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            source = "```console\n" + re.sub(r"^!", "$ ", source, flags=re.MULTILINE) + "\n```\n"
        parts.append(source)
    return "\n".join(parts)


def shell_lines(text: str) -> list[str]:
    """Lines that somebody types, of every shell block, long ones put together."""
    lines: list[str] = []
    for language, block in re.findall(r"^ *```(\w+)\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL):
        if language not in SHELLS:
            continue
        for line in block.replace("\\\n", " ").splitlines():
            typed = re.match(r"\s*[$>] (.*)", line)
            if typed:
                lines.append(typed[1])
            elif language != "console":
                lines.append(line)
    return lines


def commands(text: str) -> list[Command]:
    """Every command of a text."""
    found = []
    typed = [(line, False) for line in shell_lines(text)]
    prose = re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)
    typed += [(line, True) for line in re.findall(r"`(showerkit [a-z][^`\n]*)`", prose)]
    for line, inline in typed:
        for part in re.split(r"(?:;|&&|\|)\s|^", re.sub(r"\s#.*$", "", line)):
            # What is printed may go to a file.
            words = shlex.split(re.sub(r"^do\s|\s>\s\S+$", "", part.strip()))
            words = [word for word in words if word != "..."]
            if words[:1] == ["showerkit"] and len(words) > 1 and not words[1].startswith("-"):
                found.append(Command(words[1], tuple(words[2:]), inline))
    return found


def parse(command: Command) -> dict[str, object]:
    """Read a command as the command line does, without running it; in running text it may be cut short."""
    verb = GROUP.commands[command.verb]
    try:
        # A notebook's or a loop's variable may stand where a number is wanted.
        words = ["1" if re.fullmatch(r"\$\{?\w+\}?|\{\w+\}|N", word) else word for word in command.words]
        return verb.make_context(command.verb, list(words)).params
    except Exception as wrong:  # noqa: BLE001 (usage errors have no common public base class)
        if command.inline and type(wrong).__name__ in ("MissingParameter", "BadOptionUsage"):
            return {}
        said = wrong.format_message() if hasattr(wrong, "format_message") else repr(wrong)
    pytest.fail(f"{command}: {said}")


def check_names(command: Command, parameters: dict[str, object], made: set[str]) -> None:
    """Whatever is called by a shipped name is there, and a recipe takes the settings that it is given."""

    def known(name: str, names: object) -> None:
        value = parameters.get(name)
        if isinstance(value, str | Path) and not OWN.search(str(value)) and str(value) not in made:
            assert str(value) in names, f"{command}: no such {name}"

    if command.verb != "simulate-calibration-jets":  # detectors of jets are others
        known("detector", detector_names())
    known("recipe", shipped_recipes())
    known("space", shipped_search_spaces())
    if command.verb in ("generate", "reconstruct", "export", "simulate"):
        known("fast_sim" if command.verb == "simulate" else "model", shipped_models())
    settings = parameters.get("settings")
    if (
        settings
        and str(parameters.get("recipe")) in shipped_recipes()
        and not any("$" in s for s in settings)
    ):
        load_recipe(str(parameters["recipe"]), parse_overrides(settings))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_command_of_a_page(page):
    made: set[str] = set()
    for command in commands(text_of(page)):
        assert command.verb in VERBS, str(command)
        parameters = parse(command)
        check_names(command, parameters, made)
        if "output" in parameters:
            made.add(str(parameters["output"]))


@pytest.mark.parametrize("verb", VERBS)
def test_the_examples_of_the_help(verb):
    examples = re.findall(
        r"^\s*(showerkit .*?)\s*$", GROUP.commands[verb].help.split("Example")[1], re.MULTILINE
    )
    assert examples
    for command in commands("```console\n" + "".join(f"$ {line}\n" for line in examples) + "```\n"):
        check_names(command, parse(command), {"model", "runs"})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("```console\n$ showerkit simulate zdc-ecal -n 5 --enrgy 3 -o a.h5\n```\n", "--enrgy"),
        ("```bash\nshowerkit simulate zdc-ecal \\\n  -n many -o a.h5\n```\n", "many"),
        ("```console\n$ showerkit generate zdc-ecal-gna -n 3 -o a.h5\n```\n", "no such model"),
        ("```console\n$ for a in 1 2; do showerkit train demos --data x.h5 -o m; done\n```\n", "recipe"),
        ("Use `showerkit evaluate --flor x.h5` for it.\n", "--flor"),
        ("```console\n$ showerkit run demo --set training.epoch=2 -o r\n```\n", "training.epoch"),
        ("```console\n$ showerkit generate -n 3 -o a.h5  # no model\n```\n", "model"),
    ],
)
def test_a_wrong_command_is_found(text, says):
    (command,) = commands(text)
    with pytest.raises(BaseException, match=re.escape(says)):
        check_names(command, parse(command), set())

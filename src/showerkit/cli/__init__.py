"""The command line: one file per verb, each one call of a public function, and no logic."""

from __future__ import annotations

import sys
from inspect import signature
from typing import Annotated, Any, Final

import typer

from showerkit import __version__
from showerkit.cli.compare import compare
from showerkit.cli.convert import convert
from showerkit.cli.detectors import detectors
from showerkit.cli.doctor import doctor
from showerkit.cli.evaluate import evaluate
from showerkit.cli.export import export
from showerkit.cli.generate import generate
from showerkit.cli.grouped_help import GroupedHelp
from showerkit.cli.images import images
from showerkit.cli.interruption import interrupted_between_imports
from showerkit.cli.models import models
from showerkit.cli.patterns import patterns
from showerkit.cli.profile import profile
from showerkit.cli.recipes import recipes
from showerkit.cli.reconstruct import reconstruct
from showerkit.cli.run import run
from showerkit.cli.simulate import simulate
from showerkit.cli.simulate_calibration_jets import simulate_calibration_jets
from showerkit.cli.simulate_jets import simulate_jets
from showerkit.cli.train import train
from showerkit.cli.tune import tune
from showerkit.cli.validate import validate
from showerkit.cli.view import view
from showerkit.cli.warning_line import one_line_warnings
from showerkit.errors import ShowerkitError

#: Exit codes: bad usage or bad input, and interrupted by Ctrl-C (128 + SIGINT).
EXIT_BAD_INPUT = 2
EXIT_INTERRUPTED = 130

app = typer.Typer(
    name="showerkit",
    help="Learn particle showers: simulate with Geant4, train surrogates, prove them with physics.",
    no_args_is_help=True,
    cls=GroupedHelp,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)

#: The verbs under the headings of ``showerkit --help``, in the order of a chain.
_HEADINGS: Final = {
    "What there is": (doctor, detectors, recipes, models),
    "The whole chain": (run, compare),
    "Samples": (simulate, simulate_jets, simulate_calibration_jets, images, convert, validate),
    "Models": (train, tune, generate, reconstruct, export),
    "Physics": (evaluate, profile, patterns, view),
}

for _heading, _verbs in _HEADINGS.items():
    for _verb in _verbs:
        app.command(rich_help_panel=_heading)(_verb)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"showerkit {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit."),
    ] = False,
) -> None:
    """Options before the verb."""


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and say how it ended.

    Parameters
    ----------
    arguments
        The words after ``showerkit``; by default those the process was started with.

    Returns
    -------
    int
        0 on success, 2 for bad usage or bad input (one line on standard error), 130 after Ctrl-C,
        1 if a verb ran and says that something is wrong.

    Examples
    --------
    >>> main(["--version"])
    showerkit ...
    0
    """
    try:
        with interrupted_between_imports(), one_line_warnings():
            code: Any = app(arguments, prog_name="showerkit", standalone_mode=False)
    except ShowerkitError as error:
        return _fail(str(error))
    except (KeyboardInterrupt, typer.Abort):
        code = EXIT_INTERRUPTED
    except OSError as error:
        return _fail(_system_error(error))
    except MemoryError:
        return _fail("not enough memory; to mend: take fewer events or smaller batches at once")
    except Exception as error:
        # Typer's usage errors have no common public base class; they are known by this method.
        message = getattr(error, "format_message", None)
        if message is None:
            raise
        return _usage_error(error, message())
    if code == EXIT_INTERRUPTED:
        words = sys.argv[1:] if arguments is None else arguments
        typer.echo(f"showerkit: interrupted; {_how_to_go_on(words)}", err=True)
    return code if isinstance(code, int) else 0


def _how_to_go_on(words: list[str]) -> str:
    """What an interrupted verb has left: a state to go on from, or nothing."""
    said = next((word for word in words if not word.startswith("-")), "")
    verbs = [verb for group in _HEADINGS.values() for verb in group]
    resumable = any(
        verb.__name__.replace("_", "-") == said and "resume" in signature(verb).parameters for verb in verbs
    )
    if resumable and "--dry-run" not in words:
        return "go on with the same command and --resume"
    return "give the same command to start again"


def _fail(message: str) -> int:
    """Print one line on standard error."""
    typer.echo(f"showerkit: error: {' '.join(message.split())}", err=True)
    return EXIT_BAD_INPUT


def _usage_error(error: Exception, message: str) -> int:
    """Print what was wrong with the usage and where help is found; nothing after bare ``showerkit``."""
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        typer.echo(message, err=True)
        return EXIT_BAD_INPUT
    path = context.command_path if context is not None else "showerkit"
    return _fail(f"{message.rstrip('.')}; see '{path} --help'")


def _system_error(error: OSError) -> str:
    """Say what the operating system refused, and on which file."""
    reason = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {reason}" if error.filename is not None else reason


if __name__ == "__main__":
    sys.exit(main())

"""One of the processes that train together: told what to do by its standard input, answers by its output.

The first line of the input is the job; the process ends when the input does, since whoever started it is gone
then. Each line of the output is a message: a call of a `Progress`, or how it ended.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from typing import IO, Any, Final

from showerkit.errors import ShowerkitError, TrainingProcessError
from showerkit.progress import SilentProgress

#: What libraries say when another process is gone.
_LOST: Final = ("gloo", "NCCL", "Connection closed", "Connection reset", "connectFullMesh", "store")


class _ToldProgress:
    """A `Progress` and `EpochListener` that sends every call."""

    def __init__(self, messages: _Messages) -> None:
        self._messages = messages

    def start(self, what: str, total: int, unit: str) -> None:
        self._messages.send("start", [what, total, unit])

    def advance(self, done: int) -> None:
        self._messages.send("advance", [done])

    def finish(self) -> None:
        self._messages.send("finish", [])

    def note(self, message: str) -> None:
        self._messages.send("note", [message])

    def epoch_done(self, epoch: Any) -> None:
        from dataclasses import asdict

        self._messages.send("epoch", [asdict(epoch)])


class _Messages:
    """Messages to whoever started the process, one a line."""

    def __init__(self, output: IO[str]) -> None:
        self._output = output

    def send(self, kind: str, what: list[Any]) -> None:
        self._output.write(json.dumps([kind, what]) + "\n")
        self._output.flush()


def main() -> int:
    """Take part in a training as the first line of standard input tells.

    Returns
    -------
    int
        0: done; 2: a named error, which was told; 130: stopped by the user.
    """
    # What libraries print does not get among the messages.
    messages = _Messages(os.fdopen(os.dup(1), "w", encoding="utf-8"))
    os.dup2(2, 1)
    job = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_input, daemon=True).start()

    from showerkit.train.families import parse_training_recipe
    from showerkit.train.ranks import RankFinishedError, Ranks, taking_part
    from showerkit.workflow.train import train

    ranks = Ranks(**job["ranks"])
    progress = _ToldProgress(messages) if ranks.rank == 0 else SilentProgress()
    try:
        with taking_part(ranks):
            recipe = parse_training_recipe(job["recipe"], source="the recipe")
            train(recipe, job["data"], job["output"], resume=job["resume"], progress=progress)
    except RankFinishedError:
        pass
    except (RuntimeError, ConnectionError) as failure:
        if not any(word in str(failure) for word in _LOST):
            raise
        what = f"training, process {ranks.rank + 1} of {ranks.number}"
        messages.send(
            "error",
            [TrainingProcessError.__name__, str(TrainingProcessError(what, got="it lost the others"))],
        )
        return 2
    except ShowerkitError as error:
        messages.send("error", [type(error).__name__, str(error)])
        return 2
    except KeyboardInterrupt:
        messages.send("interrupted", [])
        return 130
    messages.send("done", [])
    return 0


def _end_with_input() -> None:
    while sys.stdin.readline():
        pass
    os._exit(1)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    # Without waiting for groups of processes that may be gone.
    os._exit(code)

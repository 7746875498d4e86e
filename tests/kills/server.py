"""Runs commands of showerkit in forks of itself, and kills them where it is told to.

Everything heavy is imported once, so that a command begins at once. Each line of standard input is a task
in JSON, each is answered by one line of JSON.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

#: Changes of the file system, of which each may be the last thing that a process does.
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CHANGES = frozenset({"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate"})


def _count_changes(folder: str, kill_at: int | None, told: int) -> None:
    """Count what is about to change below a folder; end without a word just before a certain change."""
    count = 0

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal count
        if event == "open":
            mode, flags = arguments[1], arguments[2]
            writes = bool(set(mode) & set("wax+")) if isinstance(mode, str) else bool(flags & _WRITING)
            if not writes:
                return
        elif event not in CHANGES:
            return
        if not isinstance(arguments[0], str | os.PathLike):
            return
        if folder not in str(Path(arguments[0]).absolute()):
            return
        count += 1
        if kill_at is not None and count >= kill_at:
            os.killpg(0, signal.SIGKILL)
        os.pwrite(told, count.to_bytes(8, "little"), 0)

    sys.addaudithook(hook)


def _run(task: dict[str, Any]) -> dict[str, Any]:
    """Run one command in a fork, with all the processes that it starts in one group."""
    scratch = Path(task["folder"]).with_name("output.txt")
    told = os.memfd_create("changes")
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        code = 99
        try:
            os.setsid()
            output = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(output, 1)
            os.dup2(output, 2)
            os.chdir(Path(task["folder"]))
            _count_changes(task["folder"], task.get("kill_at_change"), told)
            from showerkit.cli import main

            code = main(task["words"])
        except BaseException as error:  # noqa: BLE001
            os.write(2, repr(error).encode())
        finally:
            os._exit(code)
    status = _wait(child, task.get("kill_after_s"))
    seconds = time.monotonic() - began
    changes = int.from_bytes(os.pread(told, 8, 0), "little")
    os.close(told)
    return {
        "code": os.waitstatus_to_exitcode(status),
        "seconds": seconds,
        "changes": changes,
        "output": scratch.read_text(errors="replace")[-2000:],
    }


def _wait(child: int, kill_after_s: float | None) -> int:
    end = None if kill_after_s is None else time.monotonic() + kill_after_s
    while True:
        ended, status = os.waitpid(child, os.WNOHANG if end is not None else 0)
        if ended:
            return status
        if end is not None and time.monotonic() >= end:
            try:
                os.killpg(child, signal.SIGKILL)
            except ProcessLookupError:
                # It has not yet a group of its own.
                os.kill(child, signal.SIGKILL)
            end = None
        time.sleep(0.002)


def main() -> None:
    """Answer until the input ends."""
    # What most commands need.
    import lightning.pytorch.loggers
    import torch

    import showerkit.workflow.family_run
    import showerkit.workflow.family_training
    import showerkit.workflow.recipe
    import showerkit.workflow.simulate  # noqa: F401

    torch.set_num_threads(1)
    sys.stdout.write('{"ready": true}\n')
    sys.stdout.flush()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_run(json.loads(line))) + "\n")
        sys.stdout.flush()
    del lightning


if __name__ == "__main__":
    main()

"""The process that reads: limited in memory, watched for what it does, and killed when it takes too long.

Each line of its standard input has a task, a reader's name and a path, with tabs between. The task ``valid``
is to read a valid input, unwatched; then memory is limited. Each line is answered with one line of JSON.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import warnings
from pathlib import Path
from typing import Any

from showerkit.data.shard_index import INDEX_NAME

from .reader import MADE
from .readers import READERS

#: Memory in bytes that reading may take beyond what the process has at first.
EXTRA_MEMORY = 3 * 2**30

_watched: list[str] = []
_watching = False
#: Folder that the reader may write into.
_own = "/no such folder/"


_CHANGES = ("open", "os.mkdir", "os.remove", "os.rmdir", "shutil.rmtree", "os.chmod", "shutil.copyfile")


def _is_own(path: object) -> bool:
    name = os.path.normpath(str(path))
    return name == _own.rstrip("/") or name.startswith(_own)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    """Note what no reader may do: run, connect, load code, write or remove files."""
    if not _watching:
        return
    if event in _CHANGES and _is_own(arguments[0]):
        return
    if event in ("os.rename", "os.link", "os.symlink") and _is_own(arguments[0]) and _is_own(arguments[1]):
        return
    if event in ("os.remove", "os.rmdir") and arguments[1] != -1:
        # Within a folder whose removal as a whole was told before.
        return
    if event == "os.rename" and INDEX_NAME in str(arguments[1]):
        return
    if event == "os.remove" and INDEX_NAME in str(arguments[0]):
        return
    if event in ("os.system", "subprocess.Popen", "os.exec", "os.posix_spawn", "os.fork", "socket.connect",
                 "socket.getaddrinfo", "pty.spawn", "os.remove", "os.rename", "os.rmdir", "shutil.rmtree",
                 "os.truncate", "os.chmod", "os.symlink", "os.link"):  # fmt: skip
        _watched.append(f"{event} {arguments!r:.200}")
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        name = str(arguments[0])
        # The index of a folder of shards is made by whoever reads it first.
        if not name.startswith("/dev/") and INDEX_NAME not in name:
            _watched.append(f"open {name!r:.200} for writing")


def _limit_memory() -> None:
    """Allow `EXTRA_MEMORY` beyond what is taken now."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + EXTRA_MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))


def _answer(reader: str, path: Path) -> dict[str, str]:
    global _watching, _own
    from showerkit.errors import ShowerkitError

    _watched.clear()
    _own = f"{path.with_name(MADE)}/"
    _watching = True
    try:
        READERS[reader].read(path)
        outcome = {"outcome": "value", "text": ""}
    except ShowerkitError as error:
        text = str(error)
        outcome = {"outcome": "error" if text and "\n" not in text else "two lines", "text": text[:2000]}
    except BaseException as error:  # noqa: BLE001
        _watching = False
        import traceback

        frames = traceback.extract_tb(error.__traceback__)
        ours = [f for f in frames if "/showerkit/" in f.filename] or frames
        where = f"{Path(ours[-1].filename).name}:{ours[-1].lineno}"
        outcome = {"outcome": "traceback", "text": f"{type(error).__name__} at {where}: {error!s:.300}"}
    finally:
        _watching = False
    if _watched:
        outcome = {"outcome": "deed", "text": "; ".join(_watched)[:500]}
    return outcome


def main() -> None:
    """Answer until the input ends."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    # What libraries print goes nowhere.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.addaudithook(_hook)
    for line in sys.stdin:
        task, reader, path = line.rstrip("\n").split("\t")
        if task == "valid":
            # Whatever is imported late is imported before anything is watched and limited.
            resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            READERS[reader].read(Path(path))
            _limit_memory()
            answers.write('{"outcome": "ready", "text": ""}\n')
        else:
            answers.write(json.dumps(_answer(reader, Path(path))) + "\n")


if __name__ == "__main__":
    main()

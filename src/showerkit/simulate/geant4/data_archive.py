"""Unpacks an archive that nobody vouches for: nothing leaves its folder, nothing grows without end."""

from __future__ import annotations

import shutil
import tarfile
import zlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from showerkit.errors import PhysicsDataError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: More than any official data set holds, and less than fills a disk.
MAX_FILES: Final = 500_000
MAX_BYTES: Final = 16 * 2**30
_BLOCK: Final = 2**20


def unpack_archive(
    archive: Path,
    target: Path,
    top: str,
    *,
    max_files: int = MAX_FILES,
    max_bytes: int = MAX_BYTES,
    advance: Callable[[int], None] = lambda done: None,
) -> None:
    """Unpack a ``.tar.gz`` whose files are all in one folder.

    Only folders and regular files are made, with permissions of this process's choice. A link to a file of
    the same archive becomes a copy of it; all else (devices, pipes, links and names that lead elsewhere) is
    refused, before anything of it is written.

    Parameters
    ----------
    archive
        The archive.
    target
        The folder to make, which must not exist; it receives the contents of the folder `top`.
    top
        The one folder that the archive is to hold.
    max_files, max_bytes
        Limits on what it holds.
    advance
        Told how many bytes of the archive were read since it was last told.

    Raises
    ------
    PhysicsDataError
        If the archive is damaged, holds anything else, or the disk is full; `target` is then half filled.
    """
    try:
        with archive.open("rb") as raw, tarfile.open(fileobj=raw, mode="r|gz") as members:
            target.mkdir()
            files, size, told = 0, 0, 0
            for member in members:
                files, size = files + 1, size + max(member.size, 0)
                if files > max_files or size > max_bytes:
                    raise _refused(archive, f"more than {max_files} files or {max_bytes / 2**30:.0f} GiB")
                _unpack(archive, members, member, target, top)
                position = raw.tell()
                advance(position - told)
                told = position
    except (tarfile.TarError, EOFError, zlib.error, UnicodeError) as damaged:
        raise PhysicsDataError(f"{archive.name} is damaged", got=str(damaged) or "an early end") from None
    except ValueError as odd:
        raise _refused(archive, f"a name that cannot be a file's ({odd})") from None
    except OSError as failure:
        raise PhysicsDataError(
            f"{archive.name} cannot be unpacked into {target.parent}", got=failure.strerror or str(failure)
        ) from None
    if files == 0:
        raise PhysicsDataError(f"{archive.name} is empty", expected=f"files in the folder {top}")


def _unpack(archive: Path, members: tarfile.TarFile, member: tarfile.TarInfo, target: Path, top: str) -> None:
    place = _place(archive, member.name, top)
    path = target.joinpath(*place)
    if member.isdir():
        path.mkdir(parents=True, exist_ok=True)
        return
    if not place:
        raise _refused(archive, f"a file of the name of the folder {top}")
    path.parent.mkdir(parents=True, exist_ok=True)
    if member.isreg():
        source = members.extractfile(member)
        if source is None:
            raise _refused(archive, f"{member.name!r}, which cannot be read")
        with path.open("xb") as written:
            shutil.copyfileobj(source, written, _BLOCK)
    elif member.issym() or member.islnk():
        shutil.copyfile(_linked(archive, member, target, top), path)
    else:
        raise _refused(archive, f"{member.name!r}, which is neither a file nor a folder")


def _place(archive: Path, name: str, top: str) -> tuple[str, ...]:
    """Parts of a member's name below the folder `top`."""
    parts = [part for part in PurePosixPath(name).parts if part != "."]
    outside = name.startswith("/") or ".." in parts or "\\" in name or "\0" in name
    if outside or not parts or parts[0] != top:
        # The folder "." alone comes first in archives made of a folder's contents.
        if not parts and not outside:
            return ()
        raise _refused(archive, f"{name!r}, which is outside the folder {top}")
    return tuple(parts[1:])


def _linked(archive: Path, member: tarfile.TarInfo, target: Path, top: str) -> Path:
    """The file of the same archive, unpacked before, that a link leads to."""
    link = member.linkname
    if member.issym():
        if link.startswith("/"):
            raise _refused(archive, f"a link from {member.name!r} to {link!r}")
        parts = [part for part in PurePosixPath(member.name).parent.parts if part != "."]
        for part in PurePosixPath(link).parts:
            if part == "..":
                if not parts:
                    raise _refused(archive, f"a link from {member.name!r} to {link!r}")
                parts.pop()
            elif part != ".":
                parts.append(part)
        link = "/".join(parts)
    found = target.joinpath(*_place(archive, link, top))
    if not found.is_file():
        raise _refused(archive, f"a link from {member.name!r} to {member.linkname!r}, no file before it")
    return found


def _refused(archive: Path, what: str) -> PhysicsDataError:
    return PhysicsDataError(
        f"{archive.name} is not unpacked",
        got=what,
        expected="an official data set of Geant4",
    )

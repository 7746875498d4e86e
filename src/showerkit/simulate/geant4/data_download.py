"""Downloads Geant4's official data sets on request: resumed, checked, unpacked, renamed into place."""

from __future__ import annotations

import hashlib
import http.client
import re
import shutil
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from showerkit.errors import PhysicsDataError
from showerkit.progress import Progress, SilentProgress
from showerkit.simulate.geant4.data_archive import unpack_archive
from showerkit.simulate.geant4.data_folders import first_missing_file
from showerkit.simulate.geant4.official_data import DATA_SETS_URL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from showerkit.simulate.geant4.official_data import OfficialSet

#: More than any official archive has, so that a server cannot fill the disk.
MAX_ARCHIVE_BYTES: Final = 4 * 2**30
_BLOCK: Final = 2**18
#: How often a connection may break without having brought anything.
_VAIN_TRIES: Final = 4
_TIMEOUT_S: Final = 60.0


def download_data_set(
    wanted: OfficialSet,
    folder: Path,
    *,
    url: str = DATA_SETS_URL,
    pause_s: float = 2.0,
    progress: Progress | None = None,
) -> Path:
    """Download one data set, unless it is there, and give its folder.

    What a broken connection or an interrupted run has brought is gone on with. The archive is unpacked only
    if its checksum is that which Geant4 publishes, beside the final folder, and renamed when it is whole.

    Parameters
    ----------
    wanted
        The data set.
    folder
        Where its folder is to be.
    url
        Where the archives are: Geant4's own site or a copy of it.
    pause_s
        Pause before a broken connection is tried again, in s.
    progress
        Receives the progress, in kB.

    Returns
    -------
    pathlib.Path
        The data set's folder.

    Raises
    ------
    PhysicsDataError
        If the site cannot be reached, the archive is another than expected, or the disk is full.
    """
    counter = _Kilobytes(progress or SilentProgress())
    target = folder / wanted.folder
    if target.is_dir() and first_missing_file(wanted.variable, target) is None:
        return target
    partial = folder / f".{wanted.file}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder / f".{wanted.file}.lock"):
            if target.is_dir() and first_missing_file(wanted.variable, target) is None:
                return target
            _fetch(f"{url.rstrip('/')}/{wanted.file}", partial, wanted, pause_s, counter)
            _install(partial, target, wanted, counter)
            partial.unlink()
    except OSError as failure:
        raise PhysicsDataError(
            f"{wanted.folder} cannot be stored in {folder}", got=failure.strerror or str(failure)
        ) from None
    counter.finish()
    return target


class _Kilobytes:
    """Counts bytes and reports kB."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bytes = 0

    def start(self, what: str, total_bytes: int) -> None:
        self._bytes = 0
        self._progress.start(what, total_bytes // 1000, "kB")

    def advance(self, done_bytes: int) -> None:
        before, self._bytes = self._bytes // 1000, self._bytes + done_bytes
        self._progress.advance(self._bytes // 1000 - before)

    def note(self, message: str) -> None:
        self._progress.note(message)

    def finish(self) -> None:
        self._progress.finish()


def _fetch(url: str, partial: Path, wanted: OfficialSet, pause_s: float, progress: _Kilobytes) -> None:
    """Bring the whole archive, checked."""
    resumed = partial.exists() and partial.stat().st_size > 0
    for again in (True, False):
        _bring(url, partial, pause_s, progress, wanted.folder)
        found = _md5(partial)
        if found == wanted.md5:
            return
        partial.unlink()
        if not (resumed and again):
            raise PhysicsDataError(
                f"{url} is not the archive that Geant4 published",
                got=f"MD5 checksum {found}",
                expected=wanted.md5,
                mend="try again later, or another copy of the data with --from",
            )
        progress.note(f"{wanted.file}: the earlier part does not fit; downloaded anew")


def _bring(url: str, partial: Path, pause_s: float, progress: _Kilobytes, name: str) -> None:
    """Append to the partial file until the archive is whole, over as many connections as it takes."""
    vain = 0
    started = False
    while True:
        have = partial.stat().st_size if partial.exists() else 0
        try:
            with _opened(url, have) as (reply, start, total):
                if not started:
                    progress.start(f"download {name}", total or MAX_ARCHIVE_BYTES)
                    progress.advance(start)
                    started = True
                if _copy(reply, partial, start, total, progress):
                    return
        except urllib.error.HTTPError as refusal:
            refusal.close()
            if refusal.code == 416 and have:
                # There is nothing behind what is here: the checksum decides.
                return
            if refusal.code < 500:
                raise _unreachable(url, f"{refusal.code} {refusal.reason}") from None
            reason: object = f"{refusal.code} {refusal.reason}"
        except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError) as broken:
            reason = getattr(broken, "reason", None) or broken
        else:
            reason = "the connection ended early"
        now = partial.stat().st_size if partial.exists() else 0
        vain = 0 if now > have else vain + 1
        if vain >= _VAIN_TRIES:
            raise _unreachable(url, reason)
        progress.note(f"{name}: {reason}; trying again")
        time.sleep(pause_s)


@contextmanager
def _opened(url: str, have: int) -> Iterator[tuple[Any, int, int | None]]:
    """Ask for the archive from byte `have` on; give the reply, the byte it starts at and the whole size."""
    if urlsplit(url).scheme not in ("https", "http"):
        raise PhysicsDataError(f"'{url}'", expected="an address that begins with https:// or http://")
    headers = {"User-Agent": "showerkit", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
    request = urllib.request.Request(url, headers=headers)
    opener = urllib.request.build_opener(_SafeRedirects)
    with opener.open(request, timeout=_TIMEOUT_S) as reply:
        start, total = 0, None
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", reply.headers.get("Content-Range", ""))
        if reply.status == 206 and found is not None:
            start, total = int(found.group(1)), int(found.group(2))
            if start != have:
                raise _unreachable(url, f"the part from byte {start} instead of {have}")
        elif (reply.headers.get("Content-Length") or "").isdigit():
            total = int(reply.headers["Content-Length"])
        if total is not None and total > MAX_ARCHIVE_BYTES:
            raise _unreachable(url, f"{total} bytes, more than any data set has")
        yield reply, start, total


def _copy(reply: Any, partial: Path, start: int, total: int | None, progress: _Kilobytes) -> bool:
    """Write what comes; say whether the archive is whole."""
    free = shutil.disk_usage(partial.parent).free
    if total is not None and total - start > free:
        raise PhysicsDataError(
            f"{partial.parent}",
            got=f"{free / 2**20:.0f} MiB free",
            expected=f"{(total - start) / 2**20:.0f} MiB",
        )
    position = start
    with partial.open("r+b" if partial.exists() else "xb") as written:
        written.truncate(start)
        written.seek(start)
        while block := reply.read(_BLOCK):
            position += len(block)
            if position > (MAX_ARCHIVE_BYTES if total is None else total):
                raise PhysicsDataError("the archive is longer than announced", got=f"{position} bytes")
            written.write(block)
            progress.advance(len(block))
    # Without an announced length the end of the reply is the end of the archive.
    return total is None or position == total


def _md5(path: Path) -> str:
    """Give a file's MD5 checksum."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _install(archive: Path, target: Path, wanted: OfficialSet, progress: _Kilobytes) -> None:
    """Unpack beside the final folder and rename; a damaged folder of that name is put in its place."""
    unpacked = target.with_name(f".{wanted.folder}.unpacking")
    shutil.rmtree(unpacked, ignore_errors=True)
    progress.start(f"unpack {wanted.folder}", archive.stat().st_size)
    try:
        unpack_archive(archive, unpacked, wanted.folder, advance=progress.advance)
        lacks = first_missing_file(wanted.variable, unpacked)
        if lacks is not None:
            raise PhysicsDataError(f"{archive.name}", got=f"an archive without {lacks}")
        if target.exists():
            aside = target.with_name(f".{wanted.folder}.damaged")
            shutil.rmtree(aside, ignore_errors=True)
            target.rename(aside)
            unpacked.rename(target)
            shutil.rmtree(aside, ignore_errors=True)
        else:
            unpacked.rename(target)
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows redirections, but not from an encrypted connection to an open one nor to other protocols."""

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        old, new = urlsplit(req.full_url).scheme, urlsplit(newurl).scheme
        if new not in ("https", "http") or (old == "https" and new != "https"):
            raise _unreachable(req.full_url, f"a redirection to {newurl}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock that ends with the process."""
    with path.open("a") as file:
        with suppress(ImportError):
            import fcntl

            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise PhysicsDataError(
                    f"{path.parent}",
                    got="another download of the same data set",
                    mend="wait for it",
                ) from None
        # The file stays: whoever removed it might remove another process's lock.
        yield


def _unreachable(url: str, reason: object) -> PhysicsDataError:
    return PhysicsDataError(
        f"{url} cannot be downloaded",
        got=str(reason),
        mend="run the same command again, which goes on where this stopped, or name a copy with --from",
    )

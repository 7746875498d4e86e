"""Downloads from a local server: whole, interrupted, wrong, and hostile."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from showerkit.errors import PhysicsDataError
from showerkit.simulate.geant4.data_archive import unpack_archive
from showerkit.simulate.geant4.data_download import download_data_set
from showerkit.simulate.geant4.official_data import official_set

TOP = "G4NDL4.7.1"


def archive_bytes(*members):
    """A ``.tar.gz`` of (name, contents) or ready TarInfo members."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
                continue
            name, contents = member
            info = tarfile.TarInfo(name)
            info.size = len(contents)
            archive.addfile(info, io.BytesIO(contents))
    return buffer.getvalue()


def link(name, target, kind=tarfile.SYMTYPE):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def wanted(contents):
    return replace(official_set("G4NDL"), md5=hashlib.md5(contents).hexdigest())


class Site:
    """A small web server that may break off, ignore ranges or answer with errors."""

    def __init__(self):
        self.contents = b""
        self.break_after = []
        self.ranges = True
        self.status = None
        self.redirect = None
        self.asked = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                site.asked.append(self.headers.get("Range"))
                if site.redirect:
                    self.send_response(302)
                    self.send_header("Location", site.redirect)
                    self.end_headers()
                    return
                if site.status:
                    self.send_error(site.status)
                    return
                start = 0
                asked = self.headers.get("Range")
                if asked and site.ranges:
                    start = int(asked.removeprefix("bytes=").removesuffix("-"))
                    if start >= len(site.contents):
                        self.send_error(416)
                        return
                    self.send_response(206)
                    whole = len(site.contents)
                    self.send_header("Content-Range", f"bytes {start}-{whole - 1}/{whole}")
                else:
                    self.send_response(200)
                body = site.contents[start:]
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if site.break_after:
                    body = body[: site.break_after.pop(0)]
                self.wfile.write(body)

            def log_message(self, *words):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/"
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        ).start()


@pytest.fixture
def site():
    site = Site()
    yield site
    site.server.shutdown()
    site.server.server_close()


@pytest.fixture
def contents():
    noise = np.random.default_rng(1).bytes(900_000)
    return archive_bytes((f"{TOP}/README", b"neutrons"), (f"{TOP}/Inelastic/1_1", noise))


def download(site, contents, folder, **settings):
    return download_data_set(wanted(contents), folder, url=site.url, pause_s=0.0, **settings)


def test_a_set_is_downloaded_checked_and_unpacked(site, contents, tmp_path):
    site.contents = contents
    folder = download(site, contents, tmp_path / "data")
    assert folder == tmp_path / "data" / TOP
    assert (folder / "README").read_bytes() == b"neutrons"
    assert (folder / "Inelastic" / "1_1").stat().st_size == 900_000
    # Neither the archive nor the half-unpacked folder is left.
    assert sorted(entry.name for entry in folder.parent.iterdir() if not entry.name.endswith(".lock")) == [
        TOP
    ]
    # What is there is not asked for again.
    assert download(site, contents, tmp_path / "data") == folder
    assert len(site.asked) == 1


def test_a_broken_connection_is_gone_on_with(site, contents, tmp_path):
    site.contents = contents
    site.break_after = [300_000, 0, 0, 200_000]
    download(site, contents, tmp_path)
    assert site.asked == [None, *["bytes=300000-"] * 3, "bytes=500000-"]


def test_an_interrupted_run_is_gone_on_with(site, contents, tmp_path):
    site.contents = contents
    site.break_after = [400_000, 0, 0, 0, 0]
    with pytest.raises(PhysicsDataError, match="goes on where this stopped"):
        download(site, contents, tmp_path)
    assert not (tmp_path / TOP).exists()
    site.asked.clear()
    site.break_after = []
    assert (download(site, contents, tmp_path) / "README").is_file()
    assert site.asked == ["bytes=400000-"]


def test_a_server_without_ranges_is_read_from_the_start(site, contents, tmp_path):
    site.contents, site.ranges = contents, False
    site.break_after = [500_000]
    assert (download(site, contents, tmp_path) / "README").is_file()


def test_a_whole_archive_left_by_a_killed_run_is_used(site, contents, tmp_path):
    site.contents = contents
    (tmp_path / f".{wanted(contents).file}.part").write_bytes(contents)
    assert (download(site, contents, tmp_path) / "README").is_file()


def test_an_earlier_part_that_does_not_fit_is_dropped(site, contents, tmp_path):
    site.contents = contents
    (tmp_path / f".{wanted(contents).file}.part").write_bytes(b"x" * 1000)
    assert (download(site, contents, tmp_path) / "README").is_file()
    assert site.asked == ["bytes=1000-", None]


def test_a_wrong_checksum_is_refused_and_nothing_stays(site, contents, tmp_path):
    site.contents = contents[:-1] + bytes([contents[-1] ^ 1])
    with pytest.raises(PhysicsDataError, match=r"not the archive that Geant4 published.*MD5"):
        download(site, contents, tmp_path)
    assert [entry.name for entry in tmp_path.iterdir() if not entry.name.endswith(".lock")] == []


@pytest.mark.parametrize("status", [404, 403])
def test_a_refusal_is_told_at_once(site, contents, tmp_path, status):
    site.status = status
    with pytest.raises(PhysicsDataError, match=str(status)):
        download(site, contents, tmp_path)
    assert len(site.asked) == 1


def test_a_server_in_trouble_is_asked_a_few_times(site, contents, tmp_path):
    site.status = 503
    with pytest.raises(PhysicsDataError, match="503"):
        download(site, contents, tmp_path)
    assert len(site.asked) == 4


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_redirections_to_other_protocols_are_refused(site, contents, tmp_path, address):
    site.redirect = address
    with pytest.raises(PhysicsDataError, match=r"[Rr]edirection"):
        download(site, contents, tmp_path)


def test_other_protocols_are_refused(contents, tmp_path):
    with pytest.raises(PhysicsDataError, match="https"):
        download_data_set(wanted(contents), tmp_path, url=tmp_path.as_uri())


def test_two_downloads_of_one_set_do_not_meet(site, contents, tmp_path):
    fcntl = pytest.importorskip("fcntl")
    site.contents = contents
    with (tmp_path / f".{wanted(contents).file}.lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(PhysicsDataError, match="another download"):
            download(site, contents, tmp_path)


@pytest.mark.parametrize(
    "members",
    [
        [("/etc/evil", b"x")],
        [(f"{TOP}/../evil", b"x")],
        [("../evil", b"x")],
        [("other/file", b"x")],
        [(TOP, b"x")],
        [link(f"{TOP}/a", "/etc/passwd")],
        [link(f"{TOP}/a", "../../etc/passwd")],
        [link(f"{TOP}/a", f"{TOP}/nowhere", tarfile.LNKTYPE)],
        [link(f"{TOP}/a", "../../outside", tarfile.LNKTYPE)],
        [link(f"{TOP}/a", "", tarfile.CHRTYPE)],
        [link(f"{TOP}/a", "", tarfile.FIFOTYPE)],
        [(f"{TOP}/a", b"x"), (f"{TOP}/a", b"y")],
        [(f"{TOP}/a", b"x"), (f"{TOP}/a/b", b"y")],
        [(f"{TOP}/a\\..\\b", b"x")],
        [],
    ],
    ids=lambda members: (
        "-".join(
            (member.name if isinstance(member, tarfile.TarInfo) else member[0]).replace("/", ":")
            for member in members
        )
        or "empty"
    ),
)
def test_hostile_archives_are_refused_and_leave_nothing(site, tmp_path, members):
    (tmp_path / "outside").write_bytes(b"secret")
    hostile = archive_bytes(*members)
    site.contents = hostile
    with pytest.raises(PhysicsDataError):
        download(site, hostile, tmp_path / "data")
    assert not (tmp_path / "data" / TOP).exists()
    assert not (tmp_path / "data" / f".{TOP}.unpacking").exists()
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["data", "outside"]


def test_links_within_the_archive_become_copies(tmp_path):
    archive = tmp_path / "a.tar.gz"
    archive.write_bytes(
        archive_bytes(
            (f"./{TOP}/deep/file", b"x"),
            link(f"./{TOP}/soft", "deep/file"),
            link(f"./{TOP}/deep/hard", f"{TOP}/deep/file", tarfile.LNKTYPE),
        )
    )
    unpack_archive(archive, tmp_path / "out", TOP)
    for name in ("soft", "deep/hard"):
        path = tmp_path / "out" / name
        assert path.read_bytes() == b"x"
        assert not path.is_symlink()
        assert path.stat().st_nlink == 1


def test_permissions_are_not_taken_over(tmp_path):
    info = tarfile.TarInfo(f"{TOP}/program")
    info.mode = 0o4777
    archive = tmp_path / "a.tar.gz"
    archive.write_bytes(archive_bytes(info))
    unpack_archive(archive, tmp_path / "out", TOP)
    assert (tmp_path / "out" / "program").stat().st_mode & 0o7111 == 0


@pytest.mark.parametrize("limits", [{"max_files": 2}, {"max_bytes": 10_000}])
def test_archives_that_grow_without_end_are_refused(tmp_path, limits):
    archive = tmp_path / "a.tar.gz"
    archive.write_bytes(archive_bytes(*((f"{TOP}/{n}", bytes(5_000)) for n in range(3))))
    with pytest.raises(PhysicsDataError, match="more than"):
        unpack_archive(archive, tmp_path / "out", TOP, **limits)


@pytest.mark.parametrize("cut", [0, 30, 1000, 100_000])
def test_damaged_archives_are_named(contents, tmp_path, cut):
    archive = tmp_path / "a.tar.gz"
    archive.write_bytes(contents[:cut])
    with pytest.raises(PhysicsDataError, match="damaged"):
        unpack_archive(archive, tmp_path / "out", TOP)


def test_the_command_downloads_and_says_where(site, contents, tmp_path, monkeypatch, showerkit_command):
    site.contents = contents
    known = wanted(contents)
    monkeypatch.setattr("showerkit.simulate.geant4.official_data.official_set", lambda name: known)
    monkeypatch.setattr("showerkit.simulate.geant4.official_data.OFFICIAL_SETS", (known,))
    asked = ("doctor", "--download-physics-data", "G4NDL", "--from", site.url, "--to", str(tmp_path / "d"))
    shown = showerkit_command(*asked)
    assert shown.code == 0
    assert shown.out.strip() == str(tmp_path / "d" / TOP)
    assert f"GEANT4_DATA_DIR={tmp_path / 'd'}" in shown.err


def test_unknown_sets_and_lonely_options_are_refused(showerkit_command):
    unknown = showerkit_command("doctor", "--download-physics-data", "G4EMLOWW")
    assert unknown.code == 2
    assert "did you mean 'G4EMLOW'?" in unknown.err
    assert showerkit_command("doctor", "G4EMLOW").code == 2

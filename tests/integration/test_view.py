"""`showerkit view`: one page that needs nothing else, and one line for whatever cannot be shown."""

from __future__ import annotations

import json
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from showerkit.data.shower_file import FileMetadata, ShowerWriter
from showerkit.geometry import load_detector
from showerkit.report.view.arrays import decoded
from showerkit.workflow import view

from .view_samples import make_showers, write_jets, write_matched_jets, write_showers

pytest.importorskip("plotly", reason="the extra 'view' is not installed")


class Elements(HTMLParser):
    """What a page is made of: its elements, and the data in it."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.data: dict = {}
        self.text = ""
        self._inside = ""
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self._inside = "json" if ("id", "data") in attrs else tag

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, data):
        if self._inside == "json":
            self.data = json.loads(data)
        elif self._inside not in ("script", "style"):
            self.text += data


@pytest.fixture
def showers(tmp_path):
    return write_showers(tmp_path / "showers.h5", make_showers("zdc-ecal", 40))


def energies(table) -> np.ndarray:
    return decoded(table["energy"])


def test_a_small_file_is_shown_whole(showers, tmp_path, showerkit_command):
    page = tmp_path / "page.html"
    shown = showerkit_command("view", showers, "-o", page)
    assert (shown.code, shown.out.strip()) == (0, str(page))
    (file,) = Elements(page).data["files"]
    sample = make_showers("zdc-ecal", 40)
    assert file["eventId"] == [str(n) for n in range(40)]
    np.testing.assert_array_equal(energies(file["shown"]), sample.incident.energy_mev / np.float32(1e3))
    np.testing.assert_allclose(decoded(file["sample"]["columns"]["total_mev"]), sample.total_mev, rtol=1e-6)


def test_the_page_asks_for_nothing_from_outside(showers, tmp_path):
    elements = Elements(view([showers], tmp_path / "page.html"))
    assert not [attributes for _, attributes in elements.tags if {"src", "href"} & set(attributes)]
    assert not {"link", "iframe", "object", "embed", "img"} & {tag for tag, _ in elements.tags}
    policy = next(a["content"] for _, a in elements.tags if a.get("http-equiv") == "Content-Security-Policy")
    assert "default-src 'none'" in policy
    assert "http" not in policy


def test_the_same_bytes_again_and_others_by_the_seed(tmp_path):
    path = write_showers(tmp_path / "many.h5", make_showers("zdc-ecal", 300))
    pages = [view([path], tmp_path / f"{n}.html", events=20, seed=seed) for n, seed in enumerate((1, 1, 2))]
    texts = [page.read_bytes() for page in pages]
    assert texts[0] == texts[1]
    assert texts[0] != texts[2]


def test_a_large_file_is_sampled_evenly(tmp_path):
    path = write_showers(tmp_path / "many.h5", make_showers("zdc-ecal", 6000))
    small = write_showers(tmp_path / "few.h5", make_showers("zdc-ecal", 200))
    page = view([path], tmp_path / "page.html", events=100)
    (file,) = Elements(page).data["files"]
    assert (file["nEvents"], file["shown"]["n"], file["sample"]["n"]) == (6000, 100, 5000)
    assert [int(number) // 60 for number in file["eventId"]] == list(range(100))
    assert page.stat().st_size - view([small], tmp_path / "few.html").stat().st_size < 500_000


def test_the_same_incident_particles_stand_beside_each_other(tmp_path):
    # The surrogate's file is shorter and begins elsewhere, so that rows do not agree.
    whole = make_showers("zdc-ecal", 400)
    first = write_showers(tmp_path / "geant4.h5", whole)
    second = write_showers(tmp_path / "made.h5", make_showers("zdc-ecal", 400, seed=2)[slice(100, 150)])
    one, two = Elements(view([first, second], tmp_path / "page.html", events=30)).data["files"]
    assert len(two["eventId"]) == 30
    assert one["eventId"] == two["eventId"]
    np.testing.assert_array_equal(energies(one["shown"]), energies(two["shown"]))
    assert (one["sample"]["n"], two["sample"]["n"]) == (400, 50)


def test_layers_and_shards(tmp_path):
    for part in range(2):
        write_showers(tmp_path / f"shards/{part}.h5", make_showers("toy-hcal", 10, seed=part), "toy-hcal")
    elements = Elements(view([tmp_path / "shards"], tmp_path / "page.html"))
    (file,) = elements.data["files"]
    assert file["nEvents"] == 20
    assert len(decoded(file["sample"]["layers"])) == 20 * 17
    assert elements.data["detector"]["layers"] == 17


@pytest.mark.parametrize(
    ("write", "kind", "category"),
    [(write_jets, "jets", "gluon"), (write_matched_jets, "matched jets", "d quark")],
)
def test_jets(tmp_path, write, kind, category):
    paths = [write(tmp_path / f"{seed}.h5", seed=seed) for seed in (1, 2)]
    data = Elements(view(paths, tmp_path / "page.html")).data
    assert data["kind"] == kind
    assert data["categories"][0] == category
    assert [file["shown"]["n"] for file in data["files"]] == [30, 30]
    assert [quantity["key"] for quantity in data["quantities"]] == list(data["files"][0]["sample"]["columns"])


def test_a_name_with_markup_does_no_harm(tmp_path):
    name = "<img src=x onerror=alert(1)>&amp;"
    path = write_showers(
        tmp_path / f"{name}.h5", make_showers("zdc-ecal", 3), generator="<b>toy</b></script>"
    )
    page = view([path], tmp_path / "page.html")
    elements = Elements(page)
    assert elements.data["files"][0]["name"] == name
    assert name in elements.text
    assert "<b>toy</b></script>" in elements.text
    assert not {"img", "b"} & {tag for tag, _ in elements.tags}
    assert "<img src=x" not in page.read_text(encoding="utf-8")


def test_the_page_is_named_after_the_first_file(showers, tmp_path, monkeypatch, showerkit_command):
    monkeypatch.chdir(tmp_path)
    assert showerkit_command("view", showers).out.strip() == "showers.html"
    assert (tmp_path / "showers.html").is_file()


def test_a_former_page_is_replaced_and_stays_after_an_error(showers, tmp_path, showerkit_command):
    page = tmp_path / "page.html"
    page.write_text("former")
    showerkit_command("view", tmp_path / "none.h5", "-o", page).assert_one_line_error("no such file")
    assert page.read_text() == "former"
    assert showerkit_command("view", showers, "-o", page).code == 0
    assert page.stat().st_size > 10**6
    assert not list(tmp_path.glob(".*partial"))


def empty(path):
    with ShowerWriter(
        path, FileMetadata(generator="toy", kind="model", detector=load_detector("zdc-ecal"), seed=1)
    ):
        pass
    return path


def truncated(path):
    whole = write_showers(path.with_name("whole.h5"), make_showers("zdc-ecal", 40)).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return path


def nonsense(path):
    path.write_bytes(b"nonsense")
    return path


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (empty, ["no events"]),
        (truncated, ["truncated"]),
        (nonsense, ["HDF5"]),
        (lambda path: path, ["no such file"]),
    ],
)
def test_a_bad_file_is_told_in_one_line(make, words, tmp_path, showerkit_command):
    shown = showerkit_command("view", make(tmp_path / "bad.h5"), "-o", tmp_path / "page.html")
    shown.assert_one_line_error("bad.h5", *words)
    assert not (tmp_path / "page.html").exists()


def test_values_that_make_no_sense_are_told_in_one_line(showers, tmp_path, showerkit_command):
    import h5py

    with h5py.File(showers, "r+") as file:
        file["showers"][7, 3] = np.nan
    shown = showerkit_command("view", showers, "-o", tmp_path / "page.html")
    shown.assert_one_line_error("showers.h5", "NaN")


def test_files_that_do_not_belong_together(showers, tmp_path, showerkit_command):
    jets = write_jets(tmp_path / "jets.h5")
    other = write_showers(tmp_path / "other.h5", make_showers("toy-hcal", 5), "toy-hcal")
    output = ("-o", tmp_path / "page.html")
    showerkit_command("view", showers, jets, *output).assert_one_line_error(
        "jets.h5", "a file of jets", "showers"
    )
    showerkit_command("view", showers, other, *output).assert_one_line_error(
        "other.h5", "'toy-hcal'", "'zdc-ecal'"
    )
    showerkit_command("view", showers, showers, *output).assert_one_line_error("named twice")
    showerkit_command("view", *[tmp_path / f"{n}.h5" for n in range(7)], *output).assert_one_line_error(
        "1 to 6"
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["-o", "page.h5"], [".html"]),
        (["-o", "folder.html"], ["a folder"]),
        (["--events", "0"], ["--events"]),
        (["--threshold", "nan"], ["threshold"]),
        (["--seed", "-1"], ["--seed"]),
    ],
)
def test_bad_options(showers, tmp_path, monkeypatch, showerkit_command, options, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.html").mkdir()
    shown = showerkit_command("view", showers, *options)
    assert shown.code == 2
    assert all(word in shown.err for word in words)
    assert "Traceback" not in shown.err


def test_without_plotly_it_says_how_to_install_it(showers, tmp_path, monkeypatch, showerkit_command):
    monkeypatch.setitem(sys.modules, "plotly.offline", None)
    shown = showerkit_command("view", showers, "-o", tmp_path / "page.html")
    shown.assert_one_line_error("plotly", "pip install 'showerkit[view]'")


def test_no_script_leaves_its_element(showers, tmp_path):
    text = view([showers], tmp_path / "page.html").read_text(encoding="utf-8")
    assert len(re.findall("<script", text)) == len(re.findall("</script", text)) == 3

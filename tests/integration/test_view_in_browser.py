"""The page of `showerkit view` in headless Chromium: it draws, its sliders work, and nothing is wrong."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import numpy as np
import pytest

from showerkit.data.records import IncidentParticles, Showers
from showerkit.data.schema import FileMetadata
from showerkit.data.shower_file import ShowerWriter
from showerkit.geometry import load_detector
from showerkit.workflow import view

from .view_samples import make_showers, write_matched_jets, write_showers

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("plotly", reason="the extra 'view' is not installed")
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium")

#: Before the page's own scripts: whatever goes wrong is written down.
LISTEN = """
window.wrong = [];
window.addEventListener("error", (event) => window.wrong.push(String(event.message)));
window.addEventListener("unhandledrejection", (event) => window.wrong.push(String(event.reason)));
document.addEventListener("securitypolicyviolation", (event) => window.wrong.push(event.violatedDirective));
for (const kind of ["error", "warn"]) {
  console[kind] = (...words) => window.wrong.push(words.join(" "));
}
"""
#: After them: a test acts step by step and gives back what it saw.
ACT = """
(async () => {
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  const at = (id) => document.getElementById(id);
  const text = (selector) => [...document.querySelectorAll(selector)].map((found) => found.textContent);
  const set = async (id, value) => {
    if (at(id).type === "checkbox") at(id).checked = value;
    else at(id).value = value;
    at(id).dispatchEvent(new Event(at(id).type === "range" ? "input" : "change"));
    await wait(300);
  };
  const kind = (trace) => trace.type || "scatter";
  const see = () => ({
    event: at("event-number").textContent, range: at("energy-range").textContent,
    selected: at("selected").textContent, facts: text(".display .facts"), numbers: text("#numbers td"),
    drawn: [...document.querySelectorAll(".display .plot")].map((plot) => plot.data.map(kind)),
    first: [...(document.querySelector(".display .plot").data || [{}])[0].x || []].length,
    histogram: [...document.querySelector(".histogram .plot").data].map((trace) => [...trace.y]),
    edges: [...(document.querySelector(".histogram .plot").data[0] || { x: [] }).x],
  });
  let seen;
  try {
    await wait(300);
    seen = await (async () => { STEPS })();
  } catch (error) {
    seen = { failed: String(error) };
  }
  const result = document.createElement("pre");
  result.id = "seen";
  result.textContent = JSON.stringify({
    seen, wrong: window.wrong, ready: document.documentElement.dataset.ready,
    fetched: performance.getEntriesByType("resource").map((entry) => entry.name),
    images: document.images.length, title: document.title, heading: text("h1")[0],
  });
  document.body.append(result);
})();
"""


def in_browser(page: Path, steps: str, *, gpu: bool = True) -> dict:
    """Open a page, run the steps in it, and give back what they saw; nothing may have gone wrong."""
    text = page.read_text(encoding="utf-8")
    text = text.replace("<head>", f"<head><script>{LISTEN}</script>", 1)
    text = text.replace("</body>", f"<script>{ACT.replace('STEPS', steps)}</script></body>")
    acted = page.with_name("acted.html")
    acted.write_text(text, encoding="utf-8")
    graphics = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"] if gpu else ["--disable-3d-apis"]
    profile = page.with_name("profile")
    command = [
        str(BROWSER), "--headless", "--no-sandbox", "--disable-dev-shm-usage", "--no-first-run",
        *graphics, f"--user-data-dir={profile}", "--virtual-time-budget=6000", "--window-size=1000,700",
        "--dump-dom", acted.as_uri(),
    ]  # fmt: skip
    ended = subprocess.run(
        command, capture_output=True, timeout=500, check=False, env={**os.environ, "HOME": str(page.parent)}
    )
    shutil.rmtree(profile, ignore_errors=True)
    found = re.search(r'<pre id="seen">(.*?)</pre>', ended.stdout.decode("utf-8"), re.DOTALL)
    assert found, ended.stderr.decode("utf-8", "replace")[-2000:]
    result = json.loads(html.unescape(found.group(1)))
    # Plotly's own advice about its text measurements is no error.
    result["wrong"] = [line for line in result["wrong"] if "willReadFrequently" not in line]
    assert (result["wrong"], result["fetched"], result["ready"]) == ([], [], "yes")
    assert "failed" not in result["seen"], result["seen"]
    return result


@pytest.fixture(scope="module")
def layered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("layered")
    showers = make_showers("toy-hcal", 12)
    return showers, view([write_showers(folder / "h.h5", showers, "toy-hcal")], folder / "page.html")


def test_sliders_select_and_histograms_follow(tmp_path):
    showers = make_showers("zdc-ecal", 400)
    one = write_showers(tmp_path / "<img src=x onerror=wrong.push(1)>.h5", showers)
    two = write_showers(tmp_path / "made.h5", make_showers("zdc-ecal", 400, seed=2, scale=1.2))
    page = view([one, two], tmp_path / "page.html", events=50)
    result = in_browser(
        page,
        """
        const all = see();
        await set("event", "0");
        const lowest = see();
        at("next").click();
        await wait(300);
        const second = see();
        await set("energy-low", "400");
        await set("energy-high", "600");
        const middle = see();
        await set("category", "0");
        const positrons = see();
        await set("energy-low", "600");
        await set("energy-high", "0");
        const crossed = see();
        at("all").click();
        await wait(300);
        return { all, lowest, second, middle, positrons, crossed, again: see() };
        """,
    )
    assert result["heading"] == "<img src=x onerror=wrong.push(1)> beside made"
    assert result["images"] == 0
    seen = result["seen"]
    energy = showers.incident.energy_mev / np.float32(1e3)

    # The event slider goes through the displayed showers by energy; beside each stands the same particle's.
    assert seen["all"]["event"].startswith("26 of 50")
    assert seen["lowest"]["event"].startswith("1 of 50")
    assert seen["second"]["event"].startswith("2 of 50")
    ids = [
        int(re.match(r"event (\d+)", seen[step]["facts"][0]).group(1)) for step in ("lowest", "second", "all")
    ]
    assert energy[ids[0]] < energy[ids[1]] < energy[ids[2]]
    for step in ("all", "lowest", "second"):
        mine, other = seen[step]["facts"]
        assert other.startswith(mine.split(" · ")[0])
        assert other.endswith("same incident particle")
        assert seen[step]["drawn"] == [["heatmap", "scatter"]] * 2

    # The range of energies selects, and what is selected is counted, averaged and drawn.
    low, high = (float(energy.min() + share * (energy.max() - energy.min())) for share in (0.4, 0.6))
    middle = (energy >= low) & (energy <= high)
    electrons = middle & (showers.incident.pdg == -11)
    for step, chosen in (
        ("all", energy > 0),
        ("middle", middle),
        ("positrons", electrons),
        ("again", energy > 0),
    ):
        assert seen[step]["selected"].count(f": {chosen.sum()} of 400 showers") == 2
        mean, error = map(float, seen[step]["numbers"][0].split(" ± "))
        total = showers.total_mev[chosen]
        np.testing.assert_allclose(mean, total.mean(), atol=0.51 * 10 ** -decimals(seen[step]["numbers"][0]))
        np.testing.assert_allclose(error, total.std(ddof=1) / np.sqrt(len(total)), rtol=0.06)
        heights = seen[step]["histogram"][0]
        edges = np.array(seen[step]["edges"][1:-1:2] + seen[step]["edges"][-1:])
        assert len(heights) == 2 * len(edges)
        inside = np.histogram(total, edges)[0] / len(total)
        np.testing.assert_allclose(heights[1:-1:2], inside, atol=1.01 / len(total))
        assert 0.97 < sum(heights[1:-1:2]) <= 1.0 + 1e-9
    # Ends that cross meet, and nothing is in between.
    assert ": 0 of 400 showers" in seen["crossed"]["selected"]
    assert seen["crossed"]["event"] == "none"


def decimals(words: str) -> int:
    """Decimals of a written mean."""
    return len(words.split(" ")[0].partition(".")[2])


def test_layers_in_space_and_from_the_side(layered):
    showers, page = layered
    seen = in_browser(
        page,
        """
        const space = see();
        await set("near", true);
        const near = see();
        await set("sight", "projections");
        const webgl = document.createElement("canvas").getContext("webgl") !== null;
        return { space, near, projections: see(), webgl };
        """,
    )["seen"]
    if not seen["webgl"]:
        pytest.skip("this Chromium draws nothing in space")
    event = int(re.match(r"event (\d+)", seen["space"]["facts"][0]).group(1))
    assert seen["space"]["drawn"] == [["mesh3d", "scatter3d", "scatter3d", "scatter3d"]]
    # A box of eight corners for every hit cell.
    assert seen["space"]["first"] == 8 * int((showers.energy_mev[event] > 0.1).sum())
    assert seen["near"]["drawn"] == [["mesh3d", "scatter3d", "scatter3d"]]
    assert seen["projections"]["drawn"] == [["heatmap", "heatmap", "scatter"]]


def test_without_graphics_hardware_layers_are_seen_from_the_side(layered):
    _, page = layered
    seen = in_browser(page, "return { at: see(), disabled: at('sight').disabled };", gpu=False)["seen"]
    assert seen["at"]["drawn"] == [["heatmap", "heatmap", "scatter"]]
    assert seen["disabled"]


def test_matched_jets(tmp_path):
    page = view([write_matched_jets(tmp_path / "jets.h5")], tmp_path / "page.html")
    seen = in_browser(page, "await set('event', '0'); return see();")["seen"]
    assert seen["drawn"] == [["scatter", "scatter", "scatter"]]
    assert seen["first"] == 5
    assert "5 candidates" in seen["facts"][0]


@pytest.mark.slow
@pytest.mark.parametrize("gpu", [True, False], ids=["in space", "on a plane"])
def test_cells_that_are_no_grid_are_drawn_where_they_are(tmp_path, gpu):
    (tmp_path / "bricks.yaml").write_text(
        "name: bricks\ncells: [4, 4]\ncell_mm: 20\nframe: air\nlayers:\n"
        "  - {material: silicon, thickness_mm: 1, cells: [8, 8], cell_mm: 9, pitch_mm: 10}\n"
        "  - {material: pbwo4, thickness_mm: 60, row_shift_mm: 10}\n"
    )
    bricks = load_detector(tmp_path / "bricks.yaml")
    energy = np.zeros((1, bricks.n_cells))
    brick = bricks.index_at(np.array([[-20.0, 10.0, 30.0]]))[0]
    energy[0, brick] = 50.0
    one = IncidentParticles([11], [1000.0], [[0.0, 0.0, 1000.5]], [[0.0, 0.0, -200.0]])
    with ShowerWriter(
        tmp_path / "b.h5", FileMetadata(generator="t", kind="model", detector=bricks, seed=1)
    ) as writer:
        writer.append(Showers(one, energy, [0]))
    page = view([tmp_path / "b.h5"], tmp_path / "page.html")
    steps = """
      const traces = document.querySelector(".display .plot").data;
      const range = (values) => [Math.min(...values), Math.max(...values)];
      const kind = (trace) => [trace.type || "scatter", trace.xaxis || "x"];
      return traces.map((trace) => [...kind(trace), range(trace.x), range(trace.y)]);
    """
    seen = in_browser(page, steps, gpu=gpu)["seen"]
    x, y, z = bricks.cell_positions_mm[brick]
    if gpu:
        kind, _, (z0, z1), (x0, x1) = seen[0]
        assert kind == "mesh3d"
        assert (0.5 * (z0 + z1), 0.5 * (x0 + x1)) == pytest.approx((z, x))
    else:
        side, front = seen[:2]
        assert side[2] == [0.5, 1.5]
        assert side[3] == front[3] == [y - 10, y + 10]
        assert front[1:3] == ["x2", [x - 10, x + 10]]

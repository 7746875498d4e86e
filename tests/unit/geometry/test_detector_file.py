from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from showerkit.errors import GeometryError
from showerkit.geometry import Calorimeter, describe, load_detector

GUIDE = Path(__file__).parents[3] / "docs" / "how-to" / "own-detector.md"


def blocks(language):
    return re.findall(
        rf"^```{language}\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )


def write(tmp_path, text, name="my.yaml"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


GOOD = """
name: my-ecal
cells: 4
cell_mm: 20
layers:
  - {material: lyso, thickness_mm: 50}
"""


def test_the_guides_first_example_is_what_it_says(tmp_path):
    detector = load_detector(write(tmp_path, blocks("yaml")[0]))
    printed = "".join(f"{fact:18} {value}\n" for fact, value in describe(detector))
    assert printed == blocks("text")[0]
    assert detector.shape == (14, 12, 12)
    assert [material.name for material in detector.materials] == [
        "air",
        "carbon-fibre",
        "lead",
        "polystyrene",
    ]
    assert detector.layers[13].before[0].thickness_mm == 2.0
    assert (detector.cell_x_mm, detector.pitch_y_mm, detector.gun_distance_mm) == (20.0, 20.2, 100.0)


def test_the_guides_own_cells(tmp_path):
    detector = load_detector(write(tmp_path, blocks("yaml")[1]))
    assert detector.shape == (3, 12, 12)
    assert int(detector.cell_map.present.sum()) == 140 + 2 * 36


def test_the_guides_own_material(tmp_path):
    (described,) = [block for block in blocks("yaml") if "name: lead-glass" in block]
    detector = load_detector(write(tmp_path, described))
    glass = detector.material("lead-glass")
    # Particle Data Group: lead glass, X0 = 7.87 g/cm2.
    assert glass.radiation_length_g_cm2 == pytest.approx(7.87, rel=0.006)
    assert detector.pitch_x_mm == detector.cell_x_mm == 40


def test_the_guides_message(tmp_path):
    wrong = blocks("yaml")[0].replace("    thickness_mm: 4.0", "    thicknes_mm: 4.0")
    path = write(tmp_path, wrong, "my-ecal.yaml")
    with pytest.raises(GeometryError) as caught:
        load_detector(path)
    assert (
        str(caught.value)
        .replace(f"{tmp_path}/", "")
        .startswith("my-ecal.yaml: unknown key 'layers.0.thicknes_mm'")
    )
    assert "did you mean 'thickness_mm'?" in str(caught.value)


def test_the_guide_lists_every_key_and_material():
    from showerkit.geometry.detector_file import DetectorFile
    from showerkit.geometry.detectors.shared_materials import SHIPPED_MATERIALS

    text = GUIDE.read_text(encoding="utf-8")
    for name in (*DetectorFile.model_fields, *SHIPPED_MATERIALS):
        assert f"`{name}`" in text, name


def test_one_number_serves_both_directions(tmp_path):
    one = load_detector(write(tmp_path, GOOD))
    two = load_detector(
        write(tmp_path, GOOD.replace("cells: 4", "cells: [4, 4]").replace(": 20", ": [20, 20]"))
    )
    assert one == two


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("name: my-ecal", "", "key 'name' is missing"),
        ("name: my-ecal", "name: My ECAL", "'name': got 'My ECAL'"),
        ("cells: 4", "cells: [4, 4, 4]", "'cells"),
        ("cells: 4", "cells: 0", "'cells'"),
        ("cells: 4", "cells: 4.5", "'cells.0'"),
        ("cells: 4", "cells: 5000", "expected"),
        ("cell_mm: 20", "cell_mm: -1", "'cell_mm'"),
        ("cell_mm: 20", "cell_mm: wide", "'cell_mm'"),
        ("cell_mm: 20", "cell_mm: 20\npitch_mm: 19", "cells no wider than their pitch"),
        ("cell_mm: 20", "cell_mm: 20\npitch_mm: 21", "frame"),
        (
            "cell_mm: 20",
            "cell_mm: 20\nframe: carbonfibre",
            "'frame', which is 'carbonfibre': did you mean 'carbon-f",
        ),
        ("lyso", "lyzo", "'layers.0.material', which is 'lyzo': did you mean 'lyso'"),
        ("thickness_mm: 50", "thickness_mm: 0", "'layers.0.thickness_mm'"),
        ("thickness_mm: 50", "thickness_mm: .nan", "'layers.0.thickness_mm'"),
        ("thickness_mm: 50", "thickness_mm: 50, repeat: 0", "'layers.0.repeat'"),
        ("thickness_mm: 50", "thickness_mm: 50, after: [{material: led, thickness_mm: 1}]", "'lead'"),
        ("  - {material: lyso, thickness_mm: 50}", "", "'layers'"),
        ("layers:", "layer:", "did you mean 'layers'"),
        (
            "layers:",
            "upstream: [{material: led, thickness_mm: 1, distance_mm: 9}]\nlayers:",
            "'upstream.0.mat",
        ),
        ("layers:", "upstream: [{material: lead, thickness_mm: 1}]\nlayers:", "'upstream.0.distance_mm'"),
        (
            "layers:",
            "upstream: [{material: lead, thickness_mm: 1, distance_mm: 0}]\nlayers:",
            "greater than 0",
        ),
        ("layers:", "upstream: [{material: lead, thickness_mm: 9, distance_mm: 191}]\nlayers:", "200 mm"),
    ],
)
def test_the_message_names_what_is_wrong(tmp_path, old, new, message):
    assert old in GOOD
    path = write(tmp_path, GOOD.replace(old, new))
    with pytest.raises(GeometryError) as caught:
        load_detector(path)
    assert message in str(caught.value), caught.value
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_detector(tmp_path):
    for text in ("- 1", "a: [", "!!python/object/apply:os.system ['true']"):
        with pytest.raises(GeometryError):
            load_detector(write(tmp_path, text))
    with pytest.raises(GeometryError, match="No such file"):
        load_detector(tmp_path / "nothing.yaml")


def test_plates_in_front_are_read_in_their_order(tmp_path):
    plates = "upstream:\n  - {material: lead, thickness_mm: 5.6, distance_mm: 100}\n"
    second = "  - {material: aluminium, thickness_mm: 2, distance_mm: 97}\n"
    detector = load_detector(write(tmp_path, GOOD + plates + second))
    assert [plate.material for plate in detector.upstream] == ["lead", "aluminium"]
    assert {"lead", "aluminium"} <= {material.name for material in detector.materials}
    np.testing.assert_allclose(detector.upstream_x0, 1.0 + 2 / 89.0, atol=0.01)
    without = load_detector(write(tmp_path, GOOD))
    assert detector.same_showers(without)
    assert detector.depth_x0 == without.depth_x0
    assert Calorimeter.model_validate_json(detector.model_dump_json()) == detector
    # Overlapping plates, and plates in the wrong order, cannot be.
    for wrong in (second.replace("97", "99"), second.replace("97", "120")):
        with pytest.raises(GeometryError, match="apart"):
            load_detector(write(tmp_path, GOOD + plates + wrong))


def test_detectors_with_nothing_in_front_do_not_speak_of_it(tmp_path):
    detector = load_detector(write(tmp_path, GOOD))
    assert "upstream" not in detector.model_dump_json()
    assert "upstream" not in detector.model_dump(mode="json")

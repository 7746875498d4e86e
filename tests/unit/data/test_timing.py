from __future__ import annotations

import json

import pytest

from showerkit.data.timing import read_timing, timing_path, write_timing
from showerkit.errors import FileFormatError


def test_times_lie_beside_the_file(tmp_path):
    path = tmp_path / "electrons.h5"
    assert read_timing(path) is None
    written = write_timing(path, generator="Geant4 11.4.1", n_showers=500, wall_s=30.0, cpu_s=20.0, workers=2)
    assert timing_path(path).name == "electrons.h5.timing.json"
    assert read_timing(path) == written
    assert written.ms_per_shower == pytest.approx(40.0)
    assert written.machine
    assert [p.name for p in tmp_path.iterdir()] == ["electrons.h5.timing.json"]


def test_times_of_earlier_versions_are_read(tmp_path):
    path = tmp_path / "a.h5"
    write_timing(path, generator="g", n_showers=10, wall_s=1.0, cpu_s=2.0, workers=2)
    values = json.loads(timing_path(path).read_text())
    del values["cpu_s"]
    timing_path(path).write_text(json.dumps(values))
    timing = read_timing(path)
    assert timing is not None
    assert timing.cpu_s is None
    assert timing.ms_per_shower == pytest.approx(200.0)


@pytest.mark.parametrize("content", ["", "[1]", '{"generator": "x"}', '{"n_showers": -1}'])
def test_damaged_times_are_one_line(tmp_path, content):
    timing_path(tmp_path / "a.h5").write_text(content)
    with pytest.raises(FileFormatError, match=r"a\.h5\.timing\.json") as caught:
        read_timing(tmp_path / "a.h5")
    assert "\n" not in str(caught.value)

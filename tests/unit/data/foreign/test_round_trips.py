"""Showers that go through a foreign file and back are the same, to the last bit where the form allows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from showerkit.data.foreign.forms import find_form
from showerkit.data.records import IncidentParticles, Showers
from showerkit.data.shower_file import FileMetadata, ShowerWriter, read_showers
from showerkit.data.validation import violations
from showerkit.workflow.convert import convert

#: Forms that hold MeV in single precision; in GeV the last digit may change.
EXACT = ("calochallenge", "par04", "ntuple", "rntuple")


def numbers(low, high):
    # Adding 0 makes -0 a 0; numbers below the normal ones have no digits to keep.
    return st.floats(low, high, width=32, allow_subnormal=False).map(lambda value: value + 0.0)


@st.composite
def showers_in(draw, cells):
    """Up to 5 showers of any kind."""
    n = draw(st.integers(1, 5))

    def array(shape, elements, dtype=np.float32):
        return draw(arrays.arrays(dtype, (n, *shape), elements=elements, fill=st.just(0)))

    incident = IncidentParticles(
        array((), st.sampled_from([11, -11, 22, 211, 2112]), np.int32) if draw(st.booleans()) else [22] * n,
        array((), numbers(1.0, 2.0**30)) + np.float32(1.0),
        array((3,), numbers(-(2.0**30), 2.0**30)),
        array((3,), numbers(-(2.0**15), 2.0**15)),
    )
    energy = array((cells,), st.one_of(st.just(0.0), numbers(0.0, 2.0**20)))
    energy[energy < 1e-30] = 0.0
    event_id = array((), st.integers(0, 2**62), np.int64)
    tracks = array((cells,), st.integers(0, 9).map(float)) if draw(st.booleans()) else None
    mask = array((cells,), numbers(0.0, 1.0)) if draw(st.booleans()) else None
    return Showers(incident, energy, event_id, tracks, mask)


def metadata(detector):
    return FileMetadata(
        generator="any",
        kind="model",
        detector=detector,
        seed=5,
        versions={"a": "1"},
        settings={"b": [1, 2.5]},
    )


@settings(max_examples=8)
@given(data=st.data())
def test_forms_in_mev_lose_nothing(tmp_path_factory, small, data):
    form = data.draw(st.sampled_from(EXACT))
    showers = data.draw(showers_in(small.n_cells))
    folder = tmp_path_factory.mktemp("round")
    with ShowerWriter(folder / "a.h5", metadata(small)) as writer:
        writer.append(showers)
    convert(folder / "a.h5", folder / "foreign", to=form)
    assert find_form(folder / "foreign") == form
    convert(folder / "foreign", folder / "b.h5")
    assert (folder / "a.h5").read_bytes() == (folder / "b.h5").read_bytes()


@settings(max_examples=6)
@given(data=st.data())
def test_showerdata_loses_no_more_than_the_last_digit(tmp_path_factory, small, data):
    showers = data.draw(showers_in(small.n_cells))
    folder = tmp_path_factory.mktemp("round")
    with ShowerWriter(folder / "a.h5", metadata(small)) as writer:
        writer.append(showers)
    convert(folder / "a.h5", folder / "foreign", to="showerdata")
    convert(folder / "foreign", folder / "b.h5")
    back = read_showers(folder / "b.h5")
    half_a_digit = 2.0**-23
    assert np.allclose(back.energy_mev, showers.energy_mev, rtol=half_a_digit, atol=0.0)
    assert np.allclose(back.incident.energy_mev, showers.incident.energy_mev, rtol=half_a_digit, atol=0.0)
    assert np.array_equal(back.event_id, showers.event_id)
    assert np.array_equal(back.incident.momentum_mev, showers.incident.momentum_mev)
    for name in ("charged_tracks", "mask_probability"):
        assert np.array_equal(getattr(back, name), getattr(showers, name))


@pytest.mark.parametrize("form", [*EXACT, "showerdata"])
def test_many_portions_and_none(tmp_path, photons, write_sample, form):
    sample = write_sample(photons(300))
    convert(sample, tmp_path / "foreign", to=form)
    convert(tmp_path / "foreign", tmp_path / "back.h5")
    back, before = read_showers(tmp_path / "back.h5"), read_showers(sample)
    assert np.allclose(back.energy_mev, before.energy_mev, rtol=2.0**-23, atol=0.0)
    assert np.array_equal(back.event_id, before.event_id)
    assert violations(tmp_path / "back.h5") == []
    none = write_sample(photons(0), name="none.h5")
    convert(none, tmp_path / "no-foreign", to=form)
    convert(tmp_path / "no-foreign", tmp_path / "none-back.h5")
    assert (tmp_path / "none-back.h5").read_bytes() == none.read_bytes()

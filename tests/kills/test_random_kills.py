"""A few kills at random moments; ``make kills`` makes fifty."""

from __future__ import annotations

import numpy as np
import pytest

from .commands import BY_NAME
from .killing import Server, kill_once, run_whole

#: Kills of each command, few enough for every commit.
FEW = {"train": 2, "convert to voxels": 2}


@pytest.fixture(scope="module")
def server():
    """One process that imports everything once."""
    with Server() as running:
        yield running


@pytest.mark.parametrize("name", FEW)
def test_a_killed_command_gives_the_same_in_the_end(name, server, tmp_path):
    command = BY_NAME[name]
    whole = run_whole(server, command, tmp_path / "whole")
    for number in range(FEW[name]):
        kill = kill_once(server, command, tmp_path / "killed", np.random.default_rng(number), whole)
        assert kill.differences == [], kill


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in BY_NAME if name not in FEW])
def test_a_killed_chain_or_simulation_gives_the_same_in_the_end(name, server, tmp_path):
    command = BY_NAME[name]
    whole = run_whole(server, command, tmp_path / "whole")
    for number in range(2):
        kill = kill_once(server, command, tmp_path / "killed", np.random.default_rng(number), whole)
        assert kill.differences == [], kill

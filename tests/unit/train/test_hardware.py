"""Settings of devices, precision and compilation."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from showerkit.errors import ConfigurationError
from showerkit.train.hardware import check_devices, compiled, trainer_settings
from showerkit.train.hardware_config import HARDWARE_SETTINGS, Hardware, without_hardware
from showerkit.train.ranks import Ranks, present_ranks, taking_part
from showerkit.train.recipe import Training


def test_a_compilation_without_a_compiler_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    check_devices(Hardware(device="cpu"))
    with pytest.raises(ConfigurationError, match=r"got no C\+\+ compiler 'g\+\+'.*mend: install one"):
        check_devices(Hardware(device="cpu", compile=True))
    monkeypatch.setenv("CXX", "/nowhere/clang++")
    with pytest.raises(ConfigurationError, match="/nowhere/clang"):
        check_devices(Hardware(compile=True))


def test_more_graphics_processors_than_there_are(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    check_devices(Hardware(devices=2))
    check_devices(Hardware(device="cpu", devices=3))
    with pytest.raises(ConfigurationError, match="devices: got 3; expected at most 2"):
        check_devices(Hardware(devices=3))


def test_what_is_learnt_is_told_apart_from_what_it_runs_on():
    mine, other = Training(devices=4, precision="bf16-mixed", compile=True), Training(loader_workers=2)
    assert without_hardware(mine) == without_hardware(other)
    assert without_hardware(mine) != without_hardware(Training(epochs=3))
    assert without_hardware("model") == "model"
    assert set(Training.model_fields) >= HARDWARE_SETTINGS


def test_arguments_of_the_trainer():
    assert trainer_settings(Hardware(device="cpu"), Ranks()) == {"accelerator": "cpu", "devices": 1}
    (mixed,) = trainer_settings(Hardware(device="cpu", precision="bf16-mixed"), Ranks())["plugins"]
    assert (mixed.precision, mixed.device) == ("bf16-mixed", "cpu")
    ranks = Ranks(rank=1, number=3, port=29000)
    environment = trainer_settings(Hardware(device="cpu"), ranks)["strategy"].cluster_environment
    assert (environment.global_rank(), environment.local_rank(), environment.world_size()) == (1, 1, 3)
    assert (environment.main_address, environment.main_port) == ("127.0.0.1", 29000)
    assert environment.creates_processes_externally


def test_a_process_takes_part_for_a_while():
    with taking_part(Ranks(rank=1, number=2)):
        assert present_ranks() == Ranks(1, 2)
    assert present_ranks() == Ranks(0, 1)


def test_only_networks_that_are_called_as_a_whole_are_compiled():
    class Parts(nn.Module):
        """Has losses, but no forward."""

    with pytest.raises(ConfigurationError, match="compile: got Parts, which is not called as a whole"):
        compiled(SimpleNamespace(network=Parts()), wanted=True).__enter__()
    line = nn.Linear(2, 1)
    with compiled(SimpleNamespace(network=line), wanted=False):
        assert line._compiled_call_impl is None


def test_a_compiled_network_keeps_the_names_of_its_weights():
    line = nn.Linear(2, 1)
    names = list(line.state_dict())
    with compiled(SimpleNamespace(network=line), wanted=True):
        assert line._compiled_call_impl is not None
        assert list(line.state_dict()) == names
    assert line._compiled_call_impl is None

"""Ctrl-C and imports."""

import importlib
import signal
import threading
import time

import pytest

from showerkit.cli.interruption import interrupted_between_imports


@pytest.fixture(autouse=True)
def handler_of_python():
    """Libraries that other tests have loaded may have set one of their own."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def slow_module(tmp_path, monkeypatch):
    """A module that is interrupted while it is imported."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "module_of_a_slow_import.py").write_text(
        "import signal, time\n"
        "signal.raise_signal(signal.SIGINT)\n"
        "time.sleep(0.1)  # longer than it takes until the signal is sent again\n"
        "done = []\n"
    )
    return "module_of_a_slow_import"


def test_it_interrupts_at_once():
    with pytest.raises(KeyboardInterrupt), interrupted_between_imports():
        signal.raise_signal(signal.SIGINT)


def test_an_import_is_finished_first(slow_module):
    imported = []

    def run() -> None:
        imported.append(importlib.import_module(slow_module))
        time.sleep(60)

    with pytest.raises(KeyboardInterrupt), interrupted_between_imports():
        run()
    assert imported[0].done == []


def test_afterwards_all_is_as_before():
    before = signal.getsignal(signal.SIGINT)
    with interrupted_between_imports():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


def test_where_it_is_ignored_it_stays_ignored():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interrupted_between_imports():
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_leaves_signals_alone():
    before, seen = signal.getsignal(signal.SIGINT), []

    def look() -> None:
        with interrupted_between_imports():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [before]

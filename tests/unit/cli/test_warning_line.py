"""Warnings on the command line."""

from __future__ import annotations

import warnings

import pytest

from showerkit.cli.warning_line import one_line_warnings


def test_users_see_one_line_and_programmers_the_place(capsys):
    elsewhere = []
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = before = lambda *told: elsewhere.append(told)
        with one_line_warnings():
            warnings.warn("energy 30 GeV\nlies outside", stacklevel=1)
            assert capsys.readouterr().err == "showerkit: warning: energy 30 GeV lies outside\n"
            assert elsewhere == []
            warnings.warn("old", DeprecationWarning, stacklevel=1)
        assert warnings.showwarning is before
    assert [told[1] for told in elsewhere] == [DeprecationWarning]
    assert capsys.readouterr().err == ""


def test_warnings_as_errors_stay_errors():
    with warnings.catch_warnings(), one_line_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning):
            warnings.warn("x", stacklevel=1)

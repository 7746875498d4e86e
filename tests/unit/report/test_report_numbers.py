import math

import pytest

from showerkit.evaluate.measurement import Measurement
from showerkit.report.numbers import TIMES, plain_number, value_with_error
from showerkit.report.verdict import grade


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (1.234, 0.12, "1.23 ± 0.12"),
        (31.0, 12.0, "31 ± 12"),
        (0.5, 0.0, "0.500"),
        (0.0, 0.02, "0.000 ± 0.020"),
        (-0.0004, 0.02, "0.000 ± 0.020"),
        (-0.04, 1.1, "0.0 ± 1.1"),
        (2.5e7, 1e6, f"(2.50 ± 0.10) {TIMES} 10⁷"),
        (math.inf, 1.0, "n/a"),
    ],
)
def test_value_with_error(value, error, text):
    assert value_with_error(value, error) == text


def test_negative_numbers_have_a_minus_sign_everywhere():
    assert "-" not in value_with_error(-2.0e-5, 1e-6) + plain_number(-0.5) + plain_number(-3e-12)


def measure(kind, value, error):
    return Measurement("k", "label", "", "group", kind, value, error)


def test_distances_are_graded_by_their_floor():
    floor = measure("squared", 1.0, 0.01)
    assert grade(measure("squared", 1.1, 0.01), floor) == (f"1.10 {TIMES}", "good")
    assert grade(measure("squared", 2.0, 0.01), floor)[1] == "fair"
    assert grade(measure("squared", 4.0, 0.01), floor)[1] == "poor"
    assert grade(measure("squared", 4.0, 2.0), floor)[1] == "good"
    assert grade(measure("squared", 4.0, 2.0), None) == ("n/a", "none")


def test_shifts_are_graded_by_their_error():
    assert grade(measure("shift", -1.0, 1.0), None)[1] == "good"
    assert grade(measure("shift", -3.0, 1.0), None)[1] == "fair"
    assert grade(measure("shift", 6.0, 1.0), None)[1] == "poor"
    assert grade(measure("shift", math.nan, 1.0), None)[1] == "none"

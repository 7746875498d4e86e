from itertools import combinations

import numpy as np

from showerkit.evaluate.result import Curve
from showerkit.report.figures.axis_limits import limit_decades, mark_beyond, ratio_limits
from showerkit.report.figures.overlay import OverlaidCurves, overlaid
from showerkit.report.figures.style import candidate_colour, candidate_marker, new_figure


def log_axes(*curves):
    axes = new_figure().subplots()
    axes.set_yscale("log")
    limit_decades(axes, [np.asarray(curve) for curve in curves])
    return axes


def labels(axes):
    axes.figure.draw_without_rendering()
    low, high = axes.get_ylim()
    shown = [
        text.get_text()
        for text in axes.get_yticklabels(which="both")
        if low <= text.get_position()[1] <= high and text.get_text()
    ]
    return shown


def test_less_than_a_decade_has_plain_numbers_for_ticks():
    shown = labels(log_axes([0.29, 0.37], [0.2, 0.41]))
    assert {"0.2", "0.3", "0.4"} <= set(shown)
    assert not any("10" in text for text in shown)


def test_many_decades_keep_their_powers_of_ten():
    axes = log_axes([1e-9, 1e-3, 1.0])
    low, high = axes.get_ylim()
    assert 1e-8 < low < 1e-7
    assert 1.0 < high < 100.0
    assert any("10^" in text for text in labels(axes))


def test_every_point_and_every_curve_are_inside():
    curve = np.array([0.02, 0.5, 3.0])
    low, high = log_axes(curve).get_ylim()
    assert low < curve.min()
    assert curve.max() < high


def test_points_beyond_the_ratio_panel_are_told_by_arrowheads():
    axes = new_figure().subplots()
    value = np.array([1.0, 0.4, 3.0, np.nan, 5.0])
    error = np.array([0.01, 0.01, 0.01, 0.01, 2.0])
    axes.set_ylim(0.5, 1.5)
    mark_beyond(axes, np.arange(5.0), value, error, 0)
    marked = {line.get_marker(): (list(line.get_xdata()), list(line.get_ydata())) for line in axes.lines}
    # The last is not known well enough to be beyond anything.
    assert marked == {"^": ([2.0], [1.5]), "v": ([1.0], [0.5])}


def test_ratios_that_nobody_knows_well_leave_the_widest_panel():
    assert ratio_limits([(np.array([1.1]), np.array([0.5]))]) == (0.0, 2.0)


def test_three_dozen_candidates_are_told_apart():
    looks = [(candidate_colour(number), candidate_marker(number)) for number in range(36)]
    assert all(one != other for one, other in combinations(looks, 2))


def test_no_legend_lies_on_points():
    x = np.linspace(1.0, 9.0, 9)
    curves = {
        f"candidate number {number}": Curve(x, None, np.full(9, 1.0 + 0.1 * number), np.full(9, 0.02))
        for number in range(5)
    }
    first = next(iter(curves.values()))
    for scale in ("linear", "log"):
        figure = overlaid(OverlaidCurves(first, first, curves), x_label="x", y_label="y", y_scale=scale)
        figure.draw_without_rendering()
        main = figure.axes[0]
        highest = main.transData.transform((5.0, 1.42))[1]
        assert main.get_legend().get_window_extent().y0 > highest

"""Legends of many samples hide no point and are not cut off."""

from __future__ import annotations

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from showerkit.report.figures.energy_points import model_line, model_marker
from showerkit.report.figures.jet_energy_points import legend_above
from showerkit.report.figures.side_legend import place_legend
from showerkit.report.figures.style import candidate_colour, figure_style, new_figure, ratio_axes


def boxes(figure, legend):
    """What the legend and the panels take of the figure, in pixels."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return legend.get_window_extent(canvas.get_renderer()), [axes.get_window_extent() for axes in figure.axes]


def drawn(axes, entries, name="a long name of sample {}"):
    for number in range(entries):
        axes.plot([0.0, 1.0], [number, number + 1.0], label=name.format(number))


@pytest.mark.parametrize("entries", [5, 13])
@pytest.mark.parametrize("name", ["cnn{}", r"deep-sets-sigma-{}: 0.280/$\sqrt{{E}}$ $\oplus$ 5.3 %"])
def test_many_stand_beside_the_panels(entries, name):
    with figure_style():
        figure = new_figure(9.0, 7.0)
        main, _ = ratio_axes(figure)
        drawn(main, entries, name)
        place_legend(main, loc="upper right")
        assert main.get_legend() is None
        (legend,) = figure.legends
        words, panels = boxes(figure, legend)
        assert all(words.x0 > panel.x1 for panel in panels)
        assert words.x1 <= figure.bbox.x1
        assert panels[0].width == pytest.approx(9.0 * 100.0 * (0.97 - 0.175), rel=1e-6)


def test_a_few_stay_inside():
    figure = new_figure(9.0, 7.0)
    main, _ = ratio_axes(figure)
    drawn(main, 4)
    place_legend(main, loc="upper right")
    assert figure.legends == []
    assert len(main.get_legend().get_texts()) == 4
    assert tuple(figure.get_size_inches()) == (9.0, 7.0)


@pytest.mark.parametrize("entries", [1, 3, 10, 17])
def test_names_above_the_panels_take_the_lines_that_they_need(entries):
    with figure_style():
        figure = new_figure(14.0, 5.0)
        axes = figure.subplots(1, 2, gridspec_kw={"top": 0.9})
        drawn(axes[0], entries)
        legend_above(figure, axes[0])
        words, panels = boxes(figure, figure.legends[0])
        assert words.x0 >= 0.0
        assert words.x1 <= figure.bbox.x1
        assert all(words.y0 > panel.y1 for panel in panels)
        assert panels[0].height == pytest.approx(5.0 * 100.0 * (0.9 - 0.11), rel=1e-6)


def test_thirteen_models_are_told_apart():
    assert len({(candidate_colour(n), model_marker(n)) for n in range(13)}) == 13
    assert len({(candidate_colour(n), model_line(n)) for n in range(13)}) == 13

"""Losses of networks that make jets or images against the epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.report.figures.axis_limits import plain_ticks
from showerkit.report.figures.style import candidate_colour, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from showerkit.typing import FloatArray

#: How axes name the losses; any other is named as the training does.
_LABELS: Final = {
    "loss": "Loss",
    "reconstruction": "Reconstruction",
    "kl": "KL",
    "jet_pt": "Jet pT",
    "jet_mass": "Jet mass",
}
#: Losses that change by less are drawn on a linear axis, by more than the second with powers of ten.
_WIDE: Final = 3.0
_DECADES: Final = 30.0
_PARTS: Final = (("train", "--", "Training"), ("validation", "-", "Validation"))


def cloud_losses_figure(losses: dict[str, FloatArray]) -> Figure:
    """Draw every loss of one stage against the epoch, a panel each: training dashed, validation full.

    Parameters
    ----------
    losses
        Columns of the training's table, ``epoch`` and ``train_...`` and ``validation_...`` among them.
    """
    kinds = list(
        dict.fromkeys(
            name.split("_", 1)[1] for name in losses if name.split("_", 1)[0] in ("train", "validation")
        )
    )
    panels_n = max(1, len(kinds))
    height = 1.2 + 2.4 * panels_n
    figure = new_figure(8.0, height)
    panels = figure.subplots(panels_n, 1, sharex=True, squeeze=False)[:, 0]
    figure.subplots_adjust(left=0.15, right=0.97, top=1.0 - 0.2 / height, bottom=0.75 / height, hspace=0.08)
    for axes, kind in zip(panels, kinds, strict=False):
        drawn = []
        for number, (part, style, label) in enumerate(_PARTS):
            values = losses.get(f"{part}_{kind}")
            if values is None or not np.isfinite(values).any():
                continue
            colour = candidate_colour(number)
            # Points as well where there are few: a single epoch has no line.
            marker = "." if len(values) < 20 else ""
            axes.plot(losses["epoch"], values, style, color=colour, marker=marker, linewidth=1.6, label=label)
            drawn.append(values[np.isfinite(values)])
        values = np.concatenate(drawn) if drawn else np.zeros(1)
        if values.min() > 0.0 and values.max() > _WIDE * values.min():
            axes.set_yscale("log")
            if values.max() < _DECADES * values.min():
                plain_ticks(axes.yaxis)
        axes.set_ylabel(_LABELS.get(kind, kind.replace("_", " ").capitalize()))
        axes.yaxis.set_label_coords(-0.11, 0.5)
    if kinds:
        panels[0].legend(loc="best")
    panels[-1].set_xlabel("Epoch")
    panels[-1].xaxis.get_major_locator().set_params(integer=True)
    return figure

"""Losses of several trainings against the epoch: of the regression, and the four of the adversarial stage."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.report.figures.family_panels import family_legend, family_line, family_panels
from showerkit.report.figures.style import REFERENCE_COLOUR, new_figure
from showerkit.report.run_families import run_families

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from showerkit.report.run_record import RunRecord
    from showerkit.report.training_stages import TrainingStage

_WIDTH, _LEGEND = 10.0, 2.6
#: The losses of the ZDC reports, in their order.
_FOUR: Final = ("gen", "dis", "mask", "value")


def regression_losses(records: Sequence[RunRecord]) -> Figure:
    """Draw every loss of every regression against the epoch: training dashed, validation full.

    Parameters
    ----------
    records
        The runs; those without a regression of their own are left out.
    """
    stages = _stages(records, "regression")
    columns = dict.fromkeys(name for _, stage in stages for name in stage.losses)
    kinds = [name.removeprefix("train_") for name in columns if name.startswith("train_")]
    panels_n = max(1, len(kinds))
    height, width = 1.2 + 3.2 * panels_n, _WIDTH + _LEGEND
    figure = new_figure(width, height)
    panels = figure.subplots(panels_n, 1, sharex=True, squeeze=False)[:, 0]
    right = 1.0 - (_LEGEND + 0.2) / width
    figure.subplots_adjust(
        left=0.125, right=right, top=1.0 - 0.25 / height, bottom=0.75 / height, hspace=0.08
    )
    for axes, kind in zip(panels, kinds, strict=False):
        positive = True
        for number, (record, stage) in enumerate(stages):
            colour, _ = family_line(number)
            for part, style in (("train", "--"), ("validation", "-")):
                values = stage.losses.get(f"{part}_{kind}")
                if values is None:
                    continue
                positive &= bool((values[np.isfinite(values)] > 0.0).all())
                label = record.name if part == "validation" else None
                # Points as well: a single epoch has no line.
                axes.plot(
                    stage.losses["epoch"], values, style, color=colour, marker=".", linewidth=1.6, label=label
                )
        axes.yaxis.set_label_coords(-0.115, 0.5)
        axes.set_ylabel("Loss" if kind == "loss" else f"{kind.upper()} loss")
        if positive:
            axes.set_yscale("log")
    panels[0].legend(loc="upper left", bbox_to_anchor=(1.01, 1.02), borderaxespad=0.0, fontsize=11.0)
    panels[-1].xaxis.get_major_locator().set_params(integer=True)
    panels[-1].set_xlabel("Epoch (training dashed, validation full)")
    return figure


def adversarial_losses(records: Sequence[RunRecord]) -> Figure:
    """Draw GEN, DIS, MASK and VALUE in training against the epoch, a row for each family of runs.

    A family that learns by other losses beside the adversarial ones has panels for those.

    Parameters
    ----------
    records
        The runs; those without an adversarial stage are left out.
    """
    with_stage = [record for record, _ in _stages(records, "adversarial")]
    families = run_families(with_stage)
    columns = [name for _, stage in _stages(with_stage, "adversarial") for name in stage.losses]
    found = [name.removeprefix("train_") for name in columns if name.startswith("train_")]
    names = list(dict.fromkeys((*_FOUR, *found)))
    figure, rows = family_panels(list(families), len(names), "Epoch", share_y=False, panel=3.9)
    for (family, members), row in zip(families.items(), rows, strict=True):
        for number, (record, stage) in enumerate(_stages(members, "adversarial")):
            colour, style = family_line(number)
            for axes, name in zip(row, names, strict=True):
                values = stage.losses.get(f"train_{name}")
                if values is None:
                    continue
                epochs = stage.losses["epoch"]
                mark = "." if len(epochs) == 1 else None
                axes.plot(epochs, values, style, marker=mark, color=colour, linewidth=1.4, label=record.name)
        for axes, name in zip(row, names, strict=True):
            if row is rows[0]:
                axes.set_title(name.upper())
            if name in ("gen", "dis"):
                axes.axhline(math.log(2.0), color=REFERENCE_COLOUR, linestyle="--", linewidth=0.8)
            lines = [np.asarray(line.get_ydata()) for line in axes.get_lines()]
            if not lines:  # the legend beside the last panel stays
                axes.axis("off")
            if name in ("mask", "value") and lines and all((y > 0.0).all() for y in lines):
                axes.set_yscale("log")
        family_legend(row, family)
    return figure


def _stages(records: Sequence[RunRecord], kind: str) -> list[tuple[RunRecord, TrainingStage]]:
    return [(record, stage) for record in records if (stage := record.stage(kind)) is not None]

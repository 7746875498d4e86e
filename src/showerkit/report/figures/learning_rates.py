"""Learning-rate cycles of generator and discriminator, as the recipes have them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pydantic import TypeAdapter, ValidationError

from showerkit.report.figures.style import CANDIDATE_COLOURS, new_figure
from showerkit.train.schedule_config import Schedule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

    from showerkit.report.run_record import RunRecord
    from showerkit.report.training_stages import TrainingStage
    from showerkit.train.schedule_config import ConstantSchedule, CyclicSchedule, OneCycleSchedule
    from showerkit.typing import FloatArray

#: Name, line style and width, the first below the second.
_NETWORKS: Final = (("generator", "-", 2.2), ("discriminator", "--", 1.4))
_BEGINNING: Final = 1000


@dataclass(frozen=True, eq=False)
class RateCycles:
    """The schedules of both networks of one or more runs.

    Parameters
    ----------
    names
        The runs.
    stage
        The adversarial stage of the first of them.
    batches
        Batches of the whole training.
    schedules
        The schedule of each network.
    """

    names: list[str]
    stage: TrainingStage
    batches: int
    schedules: dict[str, ConstantSchedule | OneCycleSchedule | CyclicSchedule]


def rate_cycles(records: Sequence[RunRecord]) -> list[RateCycles]:
    """Find the different pairs of schedules, with the runs that have each.

    Parameters
    ----------
    records
        The runs; those without an adversarial stage, or with a schedule that is not known any more, are left
        out.
    """
    found: dict[tuple[str, ...], RateCycles] = {}
    for record in records:
        stage = record.stage("adversarial")
        per_epoch = None if stage is None else stage.batches_per_epoch
        if stage is None or per_epoch is None:
            continue
        schedules = {name: _schedule(stage.settings.get(f"{name}_schedule")) for name, _, _ in _NETWORKS}
        known = {name: schedule for name, schedule in schedules.items() if schedule is not None}
        if len(known) < len(schedules):
            continue
        batches = per_epoch * int(stage.settings.get("epochs", stage.epochs))
        key = (str(batches), *(schedule.model_dump_json() for schedule in known.values()))
        if key in found:
            found[key].names.append(record.name)
        else:
            found[key] = RateCycles([record.name], stage, batches, known)
    return list(found.values())


def learning_rates(
    schedule: ConstantSchedule | OneCycleSchedule | CyclicSchedule, batches: int
) -> FloatArray:
    """Follow a schedule over a whole training.

    Parameters
    ----------
    schedule
        Its settings.
    batches
        Number of batches.

    Returns
    -------
    numpy.ndarray
        Learning rate of each batch and the one after the last, shape (batches + 1,).

    Examples
    --------
    >>> from showerkit.train.schedule_config import CyclicSchedule
    >>> two = CyclicSchedule(base_learning_rate=1.0, max_learning_rate=2.0, step_size_up=2, step_size_down=2,
    ...                      gamma=1.0)
    >>> learning_rates(two, 6).tolist()
    [1.0, 1.5, 2.0, 1.5, 1.0, 1.5, 2.0]
    """
    return _followed(schedule.model_dump_json(), batches)


def learning_rate_figure(cycles: Sequence[RateCycles]) -> Figure:
    """Draw the learning rates of both networks: the whole training, and its first batches.

    Parameters
    ----------
    cycles
        The different pairs of schedules, at least one.
    """
    rows = len(cycles)
    height = 1.1 + 2.5 * rows
    figure = new_figure(13.0, height)
    panels = figure.subplots(rows, 2, squeeze=False, sharey="row")
    figure.subplots_adjust(
        left=0.085, right=0.985, top=1.0 - 0.45 / height, bottom=0.7 / height, hspace=0.42, wspace=0.08
    )
    for (whole, begin), pair in zip(panels, cycles, strict=True):
        per_epoch = pair.stage.batches_per_epoch or 1
        for number, (name, style, width) in enumerate(_NETWORKS):
            colour = CANDIDATE_COLOURS[number]
            rates = 1.0e4 * learning_rates(pair.schedules[name], pair.batches)
            batch = np.arange(len(rates))
            label = f"{name.capitalize()}, {pair.schedules[name].kind}"
            whole.plot(batch / per_epoch, rates, style, color=colour, linewidth=0.6 * width, label=label)
            first = slice(0, _BEGINNING + 1)
            begin.plot(batch[first], rates[first], style, color=colour, linewidth=width)
            logged = pair.stage.losses.get(f"{name}_learning_rate")
            if logged is not None:
                whole.plot(pair.stage.losses["epoch"], 1.0e4 * logged, "o", color=colour, markersize=3.0)
        whole.legend(loc="upper right", fontsize=10.0)
        whole.set_ylim(0.0, 1.35 * whole.get_ylim()[1])
        whole.set_title(_names(pair.names), loc="left", fontsize=11.5)
        begin.set_title(f"First {min(_BEGINNING, pair.batches):,} of {pair.batches:,} batches", fontsize=11.5)
        whole.set_ylabel(r"Rate [$10^{-4}$]")
    panels[-1, 0].set_xlabel("Epoch")
    panels[-1, 1].set_xlabel("Batch")
    return figure


def _names(names: Sequence[str], most: int = 4) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


@cache
def _adapter() -> TypeAdapter[Any]:
    return TypeAdapter(Schedule)


def _schedule(values: object) -> Any:
    try:
        return _adapter().validate_python(values)
    except ValidationError:
        return None


@cache
def _followed(text: str, batches: int) -> FloatArray:
    import torch

    from showerkit.train.schedules import build_scheduler, first_learning_rate

    schedule = _adapter().validate_json(text)
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=first_learning_rate(schedule))
    scheduler = build_scheduler(schedule, optimizer, batches)
    rates = np.empty(batches + 1)
    for batch in range(batches + 1):
        rates[batch] = optimizer.param_groups[0]["lr"]
        if batch < batches:
            optimizer.step()
            scheduler.step()
    return rates

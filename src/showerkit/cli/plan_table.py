"""The plan of a production as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

    from showerkit.workflow.production_plan import ProductionPlan

_NO_TERMINAL_WIDTH = 120


def print_plan(plan: ProductionPlan) -> None:
    """Print a plan to standard output, one column for each sample."""
    import sys

    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else _NO_TERMINAL_WIDTH)
    for part in plan_table(plan):
        console.print(part, markup=False, highlight=False, soft_wrap=isinstance(part, str))


def plan_table(plan: ProductionPlan) -> list[RenderableType]:
    """Lay a plan out: a table, and under it what it is based on.

    Returns
    -------
    list
        What to print, in order.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    rate, samples = plan.rate, plan.samples
    of_core = "" if rate.core_ms_error is None else f" ± {_number(rate.core_ms_error, 2)}"
    of_disk = "" if rate.disk_bytes_error is None else f" ± {_number(rate.disk_bytes_error, 2)}"
    rows = [
        ("showers", [f"{sample.n:,}" for sample in samples], "asked for"),
        (
            "files" if plan.shard_size is None else "shards",
            [f"{sample.files:,}" for sample in samples],
            "one file" if plan.shard_size is None else f"at most {plan.shard_size:,} showers each",
        ),
        (
            "chunks",
            [f"{sample.chunks:,}" for sample in samples],
            "of "
            + _and(f"{sample.chunk_events:,}" for sample in samples)
            + " showers, each done by one worker",
        ),
        (
            "core hours",
            [_with_error(sample.core_h, sample.core_h_error) for sample in samples],
            f"{_number(rate.core_ms)}{of_core} ms a shower",
        ),
        (
            f"hours on {plan.workers} cores",
            [_with_error(sample.wall_h, sample.wall_h_error) for sample in samples],
            "assumed: core hours / cores",
        ),
        (
            "disk, GB",
            [_with_error(sample.disk_gb, sample.disk_gb_error) for sample in samples],
            f"{_number(rate.disk_bytes)}{of_disk} bytes a shower",
        ),
        (
            "disk at most, GB",
            [_number(sample.most_disk_gb) for sample in samples],
            f"with chunks on the way, {_number(rate.chunk_bytes)} bytes a shower",
        ),
    ]
    table = Table(
        box=box.SIMPLE_HEAD, show_header=False, title=f"Plan for {plan.detector}", title_justify="left"
    )
    table.add_column(no_wrap=True)
    for _ in samples:
        table.add_column(justify="right", no_wrap=True)
    table.add_column()
    for title, values, basis in rows:
        table.add_row(title, *values, Text(basis, style="dim"))
    return [
        table,
        f"Measured on {rate.basis} ({rate.machine}).",
        "Assumed: every worker has a core to itself, as fast as that one, and time falls as 1 / cores.",
        *_jobs(plan),
        "Nothing was written.",
    ]


def _jobs(plan: ProductionPlan) -> list[str]:
    """Show what would be submitted to a batch system."""
    if plan.job_script is None:
        return []
    number = "One job" if plan.jobs == 1 else f"{plan.jobs:,} jobs"
    return [f"{number} would be submitted{'' if plan.jobs == 1 else ', each'}:\n\n{plan.job_script}"]


def _and(words: Iterable[str]) -> str:
    return " and ".join(dict.fromkeys(words))


def _with_error(value: float, error: float | None) -> str:
    return _number(value) if error is None or not value else f"{_number(value)} ± {100 * error / value:.2g} %"


def _number(value: float, digits: int = 3) -> str:
    """Round to significant digits, with thousands set apart.

    Examples
    --------
    >>> _number(157_812.0), _number(0.012345, 2)
    ('158,000', '0.012')
    """
    return f"{float(f'{value:.{digits}g}'):,.10g}"

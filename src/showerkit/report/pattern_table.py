"""The shares of patterns of hit maps, as a terminal shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from showerkit.evaluate.pattern_shares import share_errors

if TYPE_CHECKING:
    from showerkit.evaluate.pattern_result import PatternReport


def pattern_table(report: PatternReport) -> list[str]:
    """Give the lines of a small table of the shares, for a terminal."""
    chosen = report.model.numbers[min(report.model.groups, len(report.model.numbers)) - 1]
    heading = f"{report.model.groups} patterns; silhouette {chosen.silhouette:.2f}"
    heading += f", stability {report.model.stability:.2f}"
    lines = [
        heading,
        "pattern  mean hits  " + "  ".join(f"{sample.name[:18]:>18}" for sample in report.samples),
    ]
    if report.model.separate_groups == 1:
        lines.insert(1, "note: by the gap statistic one continuum, no separate groups; patterns divide it")
    shares = [share_errors(sample.counts) for sample in report.samples]
    for number in range(report.model.groups):
        row = "  ".join(
            f"{100 * share[number]:9.2f} +- {100 * error[number]:4.2f} %" for share, error in shares
        )
        lines.append(f"{number + 1:7d}  {np.expm1(report.features[number, 0]):9.1f}  {row}")
    for sample in report.samples[1:]:
        test = sample.comparison
        if test is not None:
            lines.append(f"{sample.name}: chi2 = {test.chi2:.1f}/{test.ndf}, p = {test.p_value:.3g}")
    lines.extend(
        f"{part.name} decides {100 * part.decided:.1f} % of the pattern"
        for part in report.samples[0].dependence
    )
    lines.extend(
        f"note: {sample.without_hits} showers of {sample.name} have no hit"
        for sample in report.samples
        if sample.without_hits
    )
    return lines

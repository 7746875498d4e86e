"""Single jets side by side: their particles in eta and phi."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from showerkit.report.figures.style import image_grid, two_lines

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from showerkit.evaluate.jets.jet_result import JetReportResult

_LEAST_SHARE: Final = 1e-3
#: Area of a particle that carries the whole jet, in points squared.
_AREA: Final = 700.0


def jet_displays_figure(result: JetReportResult) -> Figure | None:
    """Draw jets of the reference beside their reconstructions and the nearest in mass of other samples.

    The area of a circle is the particle's share of the jet's pT; None if no jets were chosen.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm

    rows = result.single_jets
    if not rows:
        return None
    columns = list(rows[0].particles)
    figure, panels, bars = image_grid(len(rows), len(columns))
    reach, colours = result.config.radius, LogNorm(vmin=_LEAST_SHARE, vmax=1.0)
    for line, jets in zip(panels, rows, strict=True):
        for axes, name in zip(line, columns, strict=True):
            eta, phi, share = jets.particles[name].T
            hardest_first = np.argsort(-share)
            axes.scatter(
                eta[hardest_first],
                phi[hardest_first],
                s=np.maximum(_AREA * share[hardest_first], 2.0),
                c=np.clip(share[hardest_first], _LEAST_SHARE, 1.0),
                norm=colours,
                cmap="plasma_r",
                alpha=0.75,
                edgecolors="black",
                linewidths=0.4,
            )
            axes.set_xlim(-reach, reach)
            axes.set_ylim(-reach, reach)
            axes.set_title(f"m / $p_T$ = {jets.mass_rel[name]:.3f}, n = {len(share)}", fontsize=11)
            if line is panels[0]:
                axes.set_title(f"{two_lines(name)}\n{axes.get_title()}", fontsize=11)
            if line is panels[-1]:
                axes.set_xlabel(r"$\eta_{rel}$")
        line[0].set_ylabel(r"$\phi_{rel}$")
    bars[0].set_visible(True)
    figure.colorbar(ScalarMappable(colours, "plasma_r"), cax=bars[0], label=r"Particle $p_{T,rel}$")
    return figure

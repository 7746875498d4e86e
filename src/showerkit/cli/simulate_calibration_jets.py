"""``showerkit simulate-calibration-jets``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from showerkit.cli.cluster_options import Cluster, ClusterSettings, Scheduler
from showerkit.cli.next_step import tell_next
from showerkit.cli.quiet_option import Quiet


def simulate_calibration_jets(
    process: Annotated[
        str,
        typer.Argument(
            help="What scatters: qcd (gluons and quarks as in nature), g (gluon), q (light quark), c or b."
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The HDF5 file to write.")],
    n: Annotated[int, typer.Option("--number", "-n", help="Number of jets.")] = 10000,
    preset: Annotated[
        str, typer.Option(help="Range of the true pT: narrow (30:150 GeV) or wide (30:2000 GeV).")
    ] = "narrow",
    true_pt: Annotated[
        str | None, typer.Option(help="Another range of the true pT in GeV, low:high.")
    ] = None,
    bias_power: Annotated[
        float | None,
        typer.Option(
            help="Make pT^power times more hard events than nature does.  [default: 5 narrow, 5.5 wide]"
        ),
    ] = None,
    constituents: Annotated[
        int | None, typer.Option(help="Most candidates kept of a jet, the hardest ones.  [default: 100]")
    ] = None,
    pile_up: Annotated[
        float | None, typer.Option(help="Mean number of collisions on top of each event.  [default: 0]")
    ] = None,
    charged_subtraction: Annotated[
        bool,
        typer.Option(
            "--charged-subtraction/--no-charged-subtraction",
            help="Leave out tracks that come from those collisions.",
        ),
    ] = True,
    detector: Annotated[
        str | None,
        typer.Option(help="particle-flow, cms-like (no losses) or none.  [default: particle-flow]"),
    ] = None,
    eta: Annotated[
        float | None, typer.Option(help="Largest absolute pseudorapidity of a true jet.  [default: 2.5]")
    ] = None,
    radius: Annotated[float | None, typer.Option(help="Radius R of anti-kT.  [default: 0.4]")] = None,
    seed: Annotated[int, typer.Option(min=0, help="The seed.")] = 1,
    workers: Annotated[
        int | None, typer.Option("--workers", "-w", help="Worker processes.  [default: all cores]")
    ] = None,
    scheduler: Scheduler = None,
    cluster: Cluster = None,
    cluster_set: ClusterSettings = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted run, or add jets to a finished file.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
    quiet: Quiet = False,
) -> None:
    """Simulate jets to calibrate with: the true jet, and what a detector saw of it.

    Dijets of Pythia 8; anti-kT jets of stable particles are the truth, anti-kT jets of what a
    parametric detector makes of the same particles are matched to them. Numbers of jets change
    little with pT; weights say what nature has. The same seed gives the same file for any number
    of workers. Needs the extra: pip install 'showerkit[jets]'.

    \b
    Examples:
      showerkit simulate-calibration-jets qcd -n 10000 -o jets.h5
      showerkit simulate-calibration-jets qcd -n 500000 --preset wide --resume -o wide.h5
      showerkit simulate-calibration-jets b -n 20000 --pile-up 40 --seed 7 -o b.h5
      showerkit simulate-calibration-jets qcd --true-pt 100:400 --detector none -o perfect.h5
      showerkit simulate-calibration-jets qcd -n 1000000 --scheduler tcp://node17:8786 -o jets.h5
    """
    from showerkit.cli.progress import rich_progress
    from showerkit.workflow.calibration_jet_options import calibration_jets_from_options
    from showerkit.workflow.cluster_options import cluster_from_options
    from showerkit.workflow.simulate_calibration_jets import simulate_calibration_jets as simulate

    settings = calibration_jets_from_options(
        process,
        preset=preset,
        true_pt=true_pt,
        detector=detector,
        bias_power=bias_power,
        constituents=constituents,
        pile_up=pile_up,
        charged_subtraction=charged_subtraction,
        jet_abs_eta_max=eta,
        cone_radius=radius,
    )
    machines = cluster_from_options(scheduler, cluster, cluster_set, workers)
    with rich_progress(quiet=quiet) as progress:
        simulate(
            settings,
            output,
            n=n,
            seed=seed,
            workers=workers if machines is None else None,
            cluster=machines,
            resume=resume,
            overwrite=overwrite,
            progress=progress,
        )
    typer.echo(str(output))
    tell_next(
        "showerkit view {}, or showerkit train jet-energy-pfn --data {} -o model", output, output, quiet=quiet
    )

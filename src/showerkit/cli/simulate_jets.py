"""``showerkit simulate-jets``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from showerkit.cli.cluster_options import Cluster, ClusterSettings, Scheduler
from showerkit.cli.next_step import tell_next
from showerkit.cli.quiet_option import Quiet


def simulate_jets(
    process: Annotated[
        str,
        typer.Argument(
            help="What starts the jets: g (gluon), q (light quark), w, z, t (top) or qcd (gluons and quarks)."
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The HDF5 file to write.")],
    n: Annotated[int, typer.Option("--number", "-n", help="Number of jets.")] = 10000,
    constituents: Annotated[
        int | None, typer.Option(help="Most particles kept of a jet, the hardest ones.  [default: 30]")
    ] = None,
    parton_pt: Annotated[
        str | None, typer.Option(help="pT of the hard scattering in GeV, low:high.  [default: 990:1010]")
    ] = None,
    jet_pt: Annotated[
        str | None, typer.Option(help="pT of the jets in GeV, low:high.  [default: 800:1600]")
    ] = None,
    radius: Annotated[float | None, typer.Option(help="Radius R of anti-kT.  [default: 0.8]")] = None,
    smearing: Annotated[
        str | None, typer.Option(help="A detector that smears the particles: cms-like.  [default: none]")
    ] = None,
    underlying_event: Annotated[
        bool,
        typer.Option(
            "--underlying-event/--no-underlying-event", help="Let further partons of the protons scatter."
        ),
    ] = True,
    isr: Annotated[
        bool, typer.Option("--isr/--no-isr", help="Let partons radiate before they scatter.")
    ] = True,
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
    """Simulate jets with Pythia 8 and FastJet, and write their hardest particles to one file.

    By default as the HLS4ML LHC jets and JetNet: proton collisions of 13 TeV, partons or bosons
    of 1 TeV within 1 %, anti-kT jets of radius 0.8. The same seed gives the same file for any
    number of workers. Needs the extra: pip install 'showerkit[jets]'.

    \b
    Examples:
      showerkit simulate-jets t -n 10000 -o top.h5
      showerkit simulate-jets g -n 100000 --constituents 150 --seed 7 --resume -o gluon.h5
      showerkit simulate-jets q -n 10000 --smearing cms-like -o quark.h5
      showerkit simulate-jets qcd --parton-pt 100:150 --jet-pt 80:200 --radius 0.4 -o qcd.h5
      showerkit simulate-jets t -n 1000000 --cluster slurm --cluster-set jobs=20 -o top.h5
    """
    from showerkit.cli.progress import rich_progress
    from showerkit.workflow.cluster_options import cluster_from_options
    from showerkit.workflow.jet_options import jet_process_from_options
    from showerkit.workflow.simulate_jets import simulate_jets as simulate

    settings = jet_process_from_options(
        process,
        parton_pt=parton_pt,
        jet_pt=jet_pt,
        constituents=constituents,
        cone_radius=radius,
        smearing=smearing,
        underlying_event=underlying_event,
        initial_state_radiation=isr,
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
        "showerkit view {}, or showerkit train jets-g-flow --data {} -o model", output, output, quiet=quiet
    )

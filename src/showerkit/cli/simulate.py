"""``showerkit simulate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from showerkit.cli.cluster_options import Cluster, ClusterSettings, Scheduler
from showerkit.cli.completion import detector_completion
from showerkit.cli.next_step import tell_next
from showerkit.cli.quiet_option import Quiet


def simulate(
    detector: Annotated[
        str,
        typer.Argument(help="A shipped detector's name or a YAML file.", autocompletion=detector_completion),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The HDF5 file to write, or the folder of shards.")
    ] = None,
    n: Annotated[
        list[int] | None,
        typer.Option(
            "--number",
            "-n",
            metavar="NUMBER",
            help="Number of showers; several with --dry-run.  [default with --like: all]",
        ),
    ] = None,
    particle: Annotated[
        list[str] | None,
        typer.Option(
            "--particle",
            metavar="NAME",
            help="e-, e+, gamma, mu-, mu+ or a hadron: pi+, pi-, kaon+, kaon-, kaon0L, proton, neutron"
            " (approximate unless Geant4's official data are there); several (e-,pi+) are mixed evenly."
            "  [default: e-]",
        ),
    ] = None,
    energy: Annotated[
        str | None,
        typer.Option(help="Kinetic energy in GeV: 10, a range 0:20 or a list 1,5,20.  [default: 0:20]"),
    ] = None,
    spectrum: Annotated[
        str | None, typer.Option(help="Over a range of energy: uniform or log.  [default: uniform]")
    ] = None,
    theta: Annotated[
        str | None, typer.Option(help="Polar angle in degrees: 10 or a range -25:25.  [default: 0]")
    ] = None,
    phi: Annotated[
        str | None, typer.Option(help="Azimuth in degrees: 90 or a range 0:180.  [default: 0]")
    ] = None,
    position: Annotated[
        str | None,
        typer.Option(
            help="Where the gun stands, in mm: x,y or ranges x0:x1,y0:y1."
            "  [default: one cell pitch around the centre]"
        ),
    ] = None,
    like: Annotated[
        Path | None,
        typer.Option(help="Simulate the incident particles of this file again, with another seed."),
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="The seed.  [default: 1; with --like: one more than the file's]")
    ] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", "-w", min=1, help="Worker processes.  [default: all cores]")
    ] = None,
    scheduler: Scheduler = None,
    cluster: Cluster = None,
    cluster_set: ClusterSettings = None,
    cut: Annotated[float, typer.Option(help="Range cut for secondary particles, in mm.")] = 0.7,
    shard_size: Annotated[
        int | None,
        typer.Option(
            "--shard-size", min=1, help="Write a folder of files of at most this many showers each."
        ),
    ] = None,
    fast_sim: Annotated[
        str | None,
        typer.Option(
            "--fast-sim",
            metavar="MODEL",
            help="Let a model make the showers of electrons, positrons and photons that enter through the"
            " front face within its valid range: a run directory, a model file or a shipped name.",
        ),
    ] = None,
    fast_sim_above: Annotated[
        float | None,
        typer.Option(
            help="With --fast-sim: least kinetic energy of what the model takes, in GeV.  [default: 0.1]"
        ),
    ] = None,
    fast_sim_also: Annotated[
        list[str] | None,
        typer.Option(
            help="With --fast-sim: a particle that the model takes though it never saw any, as if it were of"
            " the kind it knows: e+ for a model of e-."
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on with an interrupted run, or add showers to a finished sample."),
    ] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an existing file or folder of shards.")
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Write nothing; measure on a small pilot what time and disk it would take."
        ),
    ] = False,
    measured_on: Annotated[
        Path | None,
        typer.Option(help="With --dry-run: a sample of the same kind that was timed, instead of a pilot."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Simulate showers with Geant4 into an HDF5 file or a folder of such files.

    \b
    Example:
      showerkit simulate zdc-ecal -n 1000 --energy 0:20 -o showers.h5
      showerkit simulate zdc-ecal -n 5000 --particle e-,e+ --theta -25:25 --phi 0:180 -o angles.h5
      showerkit simulate toy-hcal -n 1000 --particle pi+,proton --energy 1:10 -o hadrons.h5
      showerkit simulate zdc-ecal --like showers.h5 -o floor.h5
      showerkit simulate toy-hcal -n 500 --energy 1,5,10 --position 15,15 --resume -o toy.h5
      showerkit simulate zdc-ecal -n 2000 --resume -o showers.h5
      showerkit simulate zdc-ecal -n 1000000 --shard-size 100000 -o sample
      showerkit simulate behind-lead.yaml -n 5000 --energy 10 --fast-sim zdc-ecal-gan -o fast.h5
      showerkit simulate zdc-ecal -n 10000000 -n 50000000 --shard-size 1000000 --workers 64 --dry-run
      showerkit simulate zdc-ecal -n 1000000 --scheduler tcp://node17:8786 -o showers.h5
      showerkit simulate zdc-ecal -n 1000000 --cluster slurm --cluster-set jobs=20 --dry-run
      showerkit simulate zdc-ecal -n 1000000 --cluster site.yaml --resume -o showers.h5
    """
    from showerkit.cli.progress import rich_progress
    from showerkit.workflow.cluster_options import cluster_from_options
    from showerkit.workflow.primary_options import primaries_from_options

    if fast_sim is None and (fast_sim_above is not None or fast_sim_also):
        raise typer.BadParameter("only with --fast-sim", param_hint="'--fast-sim-above' / '--fast-sim-also'")
    primaries = primaries_from_options(particle, energy, spectrum, theta, phi, position)
    machines = cluster_from_options(scheduler, cluster, cluster_set, workers)
    workers = workers if machines is None else None
    if dry_run:
        if fast_sim is not None:
            raise typer.BadParameter("not with --dry-run", param_hint="'--fast-sim'")
        from showerkit.cli.plan_table import print_plan
        from showerkit.workflow.production_plan import plan_production

        with rich_progress(quiet=quiet) as progress:
            plan = plan_production(
                detector,
                n=n or None,
                primaries=primaries,
                like=like,
                seed=seed,
                workers=workers,
                cluster=machines,
                cut_mm=cut,
                shard_size=shard_size,
                measured_on=measured_on,
                progress=progress,
            )
        print_plan(plan)
        return
    from showerkit.workflow.simulate import simulate as simulate_showers

    if output is None:
        raise typer.BadParameter("give the file to write, or --dry-run", param_hint="'--output' / '-o'")
    if measured_on is not None:
        raise typer.BadParameter("only with --dry-run", param_hint="'--measured-on'")
    if n and len(n) > 1:
        raise typer.BadParameter("several numbers only with --dry-run", param_hint="'--number' / '-n'")
    with rich_progress(quiet=quiet) as progress:
        simulate_showers(
            detector,
            output,
            n=n[0] if n else None,
            primaries=primaries,
            like=like,
            seed=seed,
            workers=workers,
            cluster=machines,
            cut_mm=cut,
            shard_size=shard_size,
            fast_sim=fast_sim,
            fast_sim_above_gev=0.1 if fast_sim_above is None else fast_sim_above,
            fast_sim_also=tuple(fast_sim_also or ()),
            resume=resume,
            overwrite=overwrite,
            progress=progress,
        )
    typer.echo(str(output))
    tell_next("showerkit view {}, or showerkit train RECIPE --data {} -o model", output, output, quiet=quiet)

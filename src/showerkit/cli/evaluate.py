"""``showerkit evaluate``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from showerkit.cli.next_step import tell_next
from showerkit.cli.quiet_option import Quiet


def evaluate(
    reference: Annotated[
        Path,
        typer.Argument(
            help="Showers or jets of the simulation (file or folder), matched jets or true images."
        ),
    ],
    candidates: Annotated[
        list[Path],
        typer.Argument(
            help="Showers, reconstructed energies, jets, calibrated jets or images to judge: one or more."
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for metrics.json and report.html.")],
    floor: Annotated[
        Path | None,
        typer.Option(
            help="A second sample of the simulation; of showers best the same particles (simulate --like)."
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            help="A cell is hit above this deposit, in MeV (0.1; of voxels what their geometry says)."
        ),
    ] = None,
    hits_only: Annotated[
        bool,
        typer.Option(
            "--hits-only",
            help="Take deposits that are no hits for none, as a detector with a threshold does.",
        ),
    ] = False,
    energy_bin: Annotated[
        float | None,
        typer.Option(
            help="Width of the energy bins of the hit probability, in GeV (0.1, wider of few showers)."
        ),
    ] = None,
    response_bins: Annotated[
        int | None,
        typer.Option(
            help="Number of bins of response and resolution: of energy (20, less of few showers), or of "
            "calibrated jets' pT (12)."
        ),
    ] = None,
    histogram_bins: Annotated[
        int | None, typer.Option(help="Number of bins of each histogram (50, less of few showers).")
    ] = None,
    event_images: Annotated[int, typer.Option(help="Number of showers or jets drawn side by side.")] = 5,
    bootstrap: Annotated[int, typer.Option(help="Bootstrap replicas behind every error.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Seed of bootstrap and classifiers.")] = 1,
    training: Annotated[
        Path | None,
        typer.Option(
            help="Showers that the generator has learnt from: are any copied? Images: other true ones, for a "
            "classifier."
        ),
    ] = None,
    classifier: Annotated[
        str, typer.Option(help="Classifiers to train: none, high (observables), high+low (and cells).")
    ] = "high+low",
    model: Annotated[
        list[Path] | None,
        typer.Option(help="For jets and images: a training's folder, for losses and reconstruction."),
    ] = None,
    page: Annotated[
        Path | None,
        typer.Option(help="For energies and any jets: a results page to write, too (Markdown and pictures)."),
    ] = None,
    title: Annotated[str | None, typer.Option(help="Heading of that page.")] = None,
    max_showers: Annotated[
        int, typer.Option(help="Showers that classifiers and neighbours see at most; 0 leaves them out.")
    ] = 5000,
    max_jets: Annotated[
        int, typer.Option(help="For jets: the first so many of each file are looked at.")
    ] = 50000,
    baseline: Annotated[
        str | None,
        typer.Option(
            help="For calibrated jets: name or file of the candidate that ratios are to; else the first "
            "numerical inversion, or the first."
        ),
    ] = None,
    pt_spacing: Annotated[
        str | None,
        typer.Option(
            help="For calibrated jets: bins of true pT equal in pT (linear) or log; else log if the range "
            "ends above ten times its beginning."
        ),
    ] = None,
    pt_range: Annotated[
        str | None, typer.Option(help="For calibrated jets: range of true pT in GeV, LOW:HIGH.")
    ] = None,
    eta_edges: Annotated[
        str | None, typer.Option(help="For calibrated jets: edges of the bins of |eta|, such as 0:1.3:2.5.")
    ] = None,
    weighted: Annotated[
        bool,
        typer.Option(
            "--weighted",
            help="For calibrated jets: let them count by the weights of their events, not alike.",
        ),
    ] = False,
    geometry: Annotated[
        str | None,
        typer.Option(
            help="Voxels of CaloChallenge and Par04 files: calochallenge-1-photons, -1-pions, -2, -3, a YAML "
            "or XML file; else found by their number."
        ),
    ] = None,
    held_out_energy: Annotated[
        list[str] | None,
        typer.Option(
            help="Energies in GeV, LOW:HIGH, that the generator has not learnt from; may be repeated."
        ),
    ] = None,
    held_out_theta: Annotated[
        list[str] | None,
        typer.Option(
            help="Polar angles in degrees, LOW:HIGH, that the generator has not learnt from; may be repeated."
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Compare showers, jets or images with true ones, or energies with the true ones, and write a report.

    What the files hold is found by itself. Without --floor, a Geant4 file among several candidates becomes
    the floor, else the reference is split into two halves.

    \b
    Which options count beside -o, --seed and --quiet:
      showers           all but those for jets, energies and voxels alone
      energies          --response-bins --bootstrap --page; the reference is the file of showers,
                        ratios are to the first candidate
      calibrated jets   --baseline --response-bins --pt-spacing --pt-range --eta-edges --weighted
                        --histogram-bins --bootstrap --page; the reference is the file of matched jets
      jets              --floor --model --histogram-bins --event-images --max-jets --page
                        --classifier none (to train none); the measures of JetNet
      voxels            --geometry --floor --training --threshold --bootstrap --classifier
                        --max-showers --held-out-energy; files of the CaloChallenge or of Par04
      sparse images     --floor --training --model --histogram-bins --event-images

    \b
    Example:
      showerkit simulate zdc-ecal -n 3000 -o geant4.h5
      showerkit simulate zdc-ecal --like geant4.h5 -o again.h5
      showerkit evaluate geant4.h5 generated.h5 --floor again.h5 -o report
      showerkit evaluate electrons.h5 linear.h5 cnn3d.h5 -o report --page energies.md
      showerkit evaluate pythia.h5 flow.h5 --floor again.h5 -o report
      showerkit evaluate jets.h5 inversion.h5 pfn.h5 --pt-range 30:150 -o report --page jets.md
      showerkit evaluate dataset_2_2.hdf5 generated.hdf5 --geometry calochallenge-2 -o report
      showerkit evaluate eights.h5 made.h5 --training digits.h5 --model runs/eight/model -o report
    """
    from showerkit.cli.progress import rich_progress
    from showerkit.units import MEV_PER_GEV
    from showerkit.workflow.evaluate import evaluate as run
    from showerkit.workflow.number_lists import numbers_of

    held_out_mev = [
        tuple(MEV_PER_GEV * energy for energy in numbers_of("--held-out-energy", text, 2))
        for text in held_out_energy or []
    ]
    held_out_theta_rad = [
        tuple(math.radians(angle) for angle in numbers_of("--held-out-theta", text, 2))
        for text in held_out_theta or []
    ]
    with rich_progress(quiet=quiet) as progress:
        report = run(
            reference,
            candidates,
            output,
            floor=floor,
            threshold_mev=threshold,
            hits_only=hits_only,
            energy_bin_mev=None if energy_bin is None else energy_bin * MEV_PER_GEV,
            response_bins=response_bins,
            histogram_bins=histogram_bins,
            event_images=event_images,
            bootstrap=bootstrap,
            seed=seed,
            two_samples={
                "classifier": classifier,
                "max_showers": max_showers,
                "held_out_mev": held_out_mev,
                "held_out_theta_rad": held_out_theta_rad,
            },
            jets={"max_jets": max_jets, **({"classifier_jets": 0} if classifier == "none" else {})},
            calibrated_jets={
                "baseline": baseline,
                "pt_spacing": pt_spacing,
                "weighted": weighted or None,
                "pt_range_gev": None if pt_range is None else numbers_of("--pt-range", pt_range, 2),
                "abs_eta_edges": None if eta_edges is None else numbers_of("--eta-edges", eta_edges),
            },
            training=training,
            models=model or [],
            page=page,
            title=title,
            geometry=geometry,
            progress=progress,
        )
    typer.echo(str(report))
    tell_next(
        "open {} in a browser; every number is in {}", report, report.parent / "metrics.json", quiet=quiet
    )

"""What showerkit costs on top of a bare Geant4 loop: processor time per event.

    python benchmarks/bench_geant4_overhead.py [--blocks N]

The bare loop has the same geometry, physics and incident particles; it neither scores nor writes nor
seeds events by their number. Against it stands all that `simulate` does for an event: drawing it, the
worker process, transport, chunk files, the merged HDF5 file. Both sides take block after block of events
in turns, and processor time is taken, not wall time, since other work on the machine changes the clock
and the caches for both alike. Start-up does not count.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

from showerkit.data.chunks import ChunkStore
from showerkit.data.records import Showers
from showerkit.data.schema import FileMetadata
from showerkit.data.shower_writer import ShowerWriter
from showerkit.geometry import load_detector
from showerkit.simulate.geant4.physics_data import find_physics_data
from showerkit.simulate.geant4.settings import Geant4Settings
from showerkit.simulate.primaries import PrimaryConfig
from showerkit.simulate.worker_process import WorkerProcess

ALLOWED = 1.10
CASES = (("zdc-ecal", 20.0, 20), ("zdc-ecal", 2.0, 200), ("toy-hcal", 10.0, 20))
RESULTS = Path(__file__).parent / "results"


def block_of(detector, energy_gev, block, size):
    """Incident particles and event numbers of one block."""
    ids = np.arange(block * size, (block + 1) * size)
    return PrimaryConfig(energy_gev=(0.0, energy_gev)).sample(1, ids, detector), ids


def bare_loop(detector_name: str, energy_gev: float, size: int) -> None:
    """Run in a process of its own: Geant4 and nothing else; answer block numbers with processor times."""
    answers = os.fdopen(os.dup(1), "w")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    import geant4_pybind as g4

    from showerkit.geometry.world import face_z_mm
    from showerkit.simulate.geant4.construction import build_world
    from showerkit.simulate.geant4.physics_list import electromagnetic_physics

    detector = load_detector(detector_name)
    face = face_z_mm(detector)
    energies, positions = [], []

    class Construction(g4.G4VUserDetectorConstruction):
        def Construct(self):
            return build_world(g4, detector)[0]

    class Gun(g4.G4VUserPrimaryGeneratorAction):
        def __init__(self):
            super().__init__()
            self.gun = g4.G4ParticleGun(1)
            self.gun.SetParticleDefinition(g4.G4ParticleTable.GetParticleTable().FindParticle(11))
            self.gun.SetParticleMomentumDirection(g4.G4ThreeVector(0, 0, 1))

        def GeneratePrimaries(self, event):
            i = event.GetEventID()
            x, y, z = positions[i]
            self.gun.SetParticleEnergy(energies[i])
            self.gun.SetParticlePosition(g4.G4ThreeVector(x, y, z + face))
            self.gun.GeneratePrimaryVertex(event)

    manager = g4.G4RunManager()
    manager.SetVerboseLevel(0)
    manager.SetUserInitialization(Construction())
    manager.SetUserInitialization(electromagnetic_physics(g4, 0.7))
    manager.SetUserAction(Gun())
    manager.Initialize()
    manager.BeamOn(0)
    for line in sys.stdin:
        incident, _ = block_of(detector, energy_gev, int(line), size)
        energies[:] = incident.energy_mev.astype(float).tolist()
        positions[:] = incident.position_mm.astype(float).tolist()
        before = time.process_time()
        manager.BeamOn(size)
        answers.write(f"{time.process_time() - before}\n")
        answers.flush()


class Whole:
    """All that `simulate` does, one block at a time."""

    def __init__(self, detector_name: str, energy_gev: float, size: int, folder: Path) -> None:
        self.detector, self.energy_gev, self.size = load_detector(detector_name), energy_gev, size
        self.store = ChunkStore(folder / "a.h5", {})
        settings = Geant4Settings(detector=self.detector).model_dump(mode="json")
        setup = {"settings": settings, "environment": find_physics_data().environment}
        self.worker = WorkerProcess("showerkit.simulate.geant4.worker", setup, folder / "log")
        self.worker.wait_until_ready()
        metadata = FileMetadata(generator="Geant4", kind="geant4", detector=self.detector, seed=1)
        self.writer = ShowerWriter(folder / "a.h5", metadata)
        self.writer.__enter__()

    def processor_s(self, block: int) -> float:
        before = self._spent_s()
        incident, ids = block_of(self.detector, self.energy_gev, block, self.size)
        arrays = {
            name: getattr(incident, name) for name in ("pdg", "energy_mev", "momentum_mev", "position_mm")
        }
        _, found = self.worker.simulate(block, {**arrays, "event_id": ids})
        showers = Showers(incident, found["energy_mev"], ids, charged_tracks=found.get("tracks"))
        self.store.write(block, showers)
        self.writer.append(self.store.read(block)[0])
        return self._spent_s() - before

    def _spent_s(self) -> float:
        of_worker = psutil.Process(self.worker.pid).cpu_times()
        return time.process_time() + of_worker.user + of_worker.system

    def end(self) -> None:
        self.writer.__exit__(None, None, None)
        self.worker.kill()
        self.worker.close()


def measure(detector: str, energy_gev: float, size: int, blocks: int) -> tuple[float, float]:
    """Milliseconds of processor time per event: the bare loop and showerkit."""
    bare = subprocess.Popen(
        [sys.executable, __file__, "--inside", detector, str(energy_gev), str(size)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **find_physics_data().environment, "OMP_NUM_THREADS": "1"},
    )
    spent = np.zeros((blocks + 1, 2))
    with tempfile.TemporaryDirectory() as folder:
        whole = Whole(detector, energy_gev, size, Path(folder))
        for block in range(blocks + 1):
            bare.stdin.write(f"{block}\n")
            bare.stdin.flush()
            spent[block] = float(bare.stdout.readline()), whole.processor_s(block)
        whole.end()
    bare.communicate()
    # The first block warms both sides up.
    bare_ms, whole_ms = 1000.0 * spent[1:].mean(axis=0) / size
    return float(bare_ms), float(whole_ms)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--blocks", type=int, default=30, help="blocks of about half a second")
    parser.add_argument("--inside", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        detector, energy, size = options.inside
        bare_loop(detector, float(energy), int(size))
        os._exit(0)
    rows = []
    print(f"{'detector':<10} {'GeV':>8} {'events':>7} {'bare ms':>9} {'showerkit ms':>13} {'ratio':>7}")
    for detector, energy, size in CASES:
        bare, whole = measure(detector, energy, size, options.blocks)
        rows.append(
            {
                "detector": detector,
                "energy_gev": [0, energy],
                "events": size * options.blocks,
                "bare_ms": bare,
                "showerkit_ms": whole,
            }
        )
        which = f"{detector:<10} {f'0-{energy:g}':>8} {size * options.blocks:>7}"
        print(f"{which} {bare:>9.2f} {whole:>13.2f} {whole / bare:>7.3f}", flush=True)
    RESULTS.mkdir(exist_ok=True)
    report = {"machine": platform.processor() or platform.machine(), "cores": os.cpu_count(), "rows": rows}
    (RESULTS / "geant4_overhead.json").write_text(json.dumps(report, indent=1) + "\n")
    worst = max(row["showerkit_ms"] / row["bare_ms"] for row in rows)
    print(f"worst {worst:.3f}, allowed {ALLOWED:.2f}")
    return 0 if worst <= ALLOWED else 1


if __name__ == "__main__":
    sys.exit(main())

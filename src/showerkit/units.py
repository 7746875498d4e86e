"""Units: energies are MeV and lengths mm inside; conversions happen once, at the edge."""

from __future__ import annotations

from typing import Final

MEV_PER_GEV: Final = 1000.0
MEV_PER_KEV: Final = 1.0e-3
MM_PER_CM: Final = 10.0
ELECTRON_MASS_MEV: Final = 0.51099895
MUON_MASS_MEV: Final = 105.6583755

#: Units of the datasets of a file, by dataset name without its suffix.
FILE_UNITS: Final = {"energy": "MeV", "momentum": "MeV", "length": "mm", "angle": "rad"}

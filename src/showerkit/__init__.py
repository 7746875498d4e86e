"""showerkit: learn particle showers and jets, from Geant4 and Pythia 8 to a validated surrogate."""

__version__ = "0.1.0"

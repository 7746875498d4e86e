"""Geant4."""

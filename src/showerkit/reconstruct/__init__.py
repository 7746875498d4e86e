"""Energies from showers: baselines, and intervals that cover what they say."""

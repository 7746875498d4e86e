"""Closed forms for the nuclear cross sections that hadronic showers need."""

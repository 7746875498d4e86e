"""Simulation on a cluster by Dask: the same chunks as on one machine, and the same bits."""

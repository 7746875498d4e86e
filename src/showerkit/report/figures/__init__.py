"""Figures of an evaluation: each function takes results and gives a matplotlib figure."""

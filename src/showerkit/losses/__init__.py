"""Objectives of training, one a file."""

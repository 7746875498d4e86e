"""Trained models on their way to users: cards."""

"""Trained models on their way to users: cards, and ONNX files that describe themselves."""

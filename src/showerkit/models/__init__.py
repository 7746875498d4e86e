"""Networks only: what goes in and out of them is tensors, never files."""

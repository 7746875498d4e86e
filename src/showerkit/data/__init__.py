"""Records, files, splits, transforms and datasets."""

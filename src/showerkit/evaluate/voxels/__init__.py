"""Judge showers on voxels, as the CaloChallenge does and beyond."""

from showerkit.evaluate.voxels.evaluation import evaluate_voxel_samples
from showerkit.evaluate.voxels.settings import VoxelEvaluationConfig

__all__ = ["VoxelEvaluationConfig", "evaluate_voxel_samples"]

"""Training: recipes, the Lightning modules of each kind of training, schedules, checkpoints."""

"""What a prediction rests on, voxel by voxel."""

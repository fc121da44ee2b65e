"""Rasters in memory and in files, in one frame: RAS+ millimetres."""

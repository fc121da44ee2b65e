"""Networks from a 3D raster to one number."""

"""Volume of a structure, in millilitres, from a 3D ultrasound raster."""

__version__ = "0.1.0"

"""Ultrasound rasters of analytically known volume."""

"""Figures of a run, described once; the page and the SVG for papers both draw them from the description."""

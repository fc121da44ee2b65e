"""Recipes that several benches train."""

from pathlib import Path

DRAWN = Path(__file__).parents[2] / "configs" / "drawn.yaml"
"""Of a network that draws, taught by masks."""

"""Figures as they stand in the table."""

from volest.training.machine import LightningPrecision

PRECISIONS: dict[LightningPrecision, str] = {"32-true": "fp32", "bf16-mixed": "mixed bf16", "16-mixed": "mixed fp16"}


def size(byte_count: float) -> str:
    """Bytes as MB, or as GB from one on."""
    return f"{byte_count / 1e9:.1f} GB" if byte_count >= 1e9 else f"{byte_count / 1e6:.0f} MB"


def duration(seconds: float) -> str:
    """Minutes, or hours from an hour and a half on."""
    return f"{seconds / 3600:.1f} h" if seconds >= 5400 else f"{max(seconds / 60, 1):.0f} min"


def edges(shape: tuple[int, int, int]) -> str:
    """`24x32x24`."""
    return "x".join(map(str, shape))

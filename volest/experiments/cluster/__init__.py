"""Pieces of work on many machines: sent out, watched, taken up again where their machine is lost."""

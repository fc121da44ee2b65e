"""Where the randomness of one scan in one epoch comes from."""

import hashlib

import numpy as np


def scan_rng(seed: int, epoch: int, scan_id: str) -> np.random.Generator:
    """Generator of one scan in one epoch: a function of these three alone.

    Whichever worker draws, in whatever order, the draw is the same. The triple is hashed as a whole because Python's
    own `hash` of a string differs between processes.
    """
    digest = hashlib.sha256(f"{seed}/{epoch}/{scan_id}".encode()).digest()
    return np.random.default_rng(np.random.SeedSequence(int.from_bytes(digest)))

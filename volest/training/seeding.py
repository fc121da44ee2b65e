"""The only place that touches torch's global random state."""

import hashlib

import torch


def seed_torch(*parts: int | str) -> None:
    """Set torch's global generators as a function of `parts`, such as (seed, fold, epoch).

    Done at the start of every epoch, so that an epoch's dropout does not depend on what ran before it: a resumed run
    then equals an uninterrupted one.
    """
    digest = hashlib.sha256(repr(parts).encode()).digest()
    torch.manual_seed(int.from_bytes(digest[:8], "big") >> 1)

"""The audit of a manifest before anything is learnt from it: each scan measured once, then one check a file."""

"""Training scans drawn anew, with targets that follow."""

"""Studies: one thing is varied, everything else is held, and the folds judge."""

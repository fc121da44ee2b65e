"""One fold, all folds, the demo: they orchestrate."""

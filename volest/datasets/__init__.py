"""From files and tables to a checked manifest and to folds."""

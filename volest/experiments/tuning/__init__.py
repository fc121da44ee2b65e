"""Search over keys of the configuration, judged by folds within the training patients."""

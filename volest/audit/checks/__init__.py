"""One check a file: measures in, findings out."""

"""One command a file; each parses and calls one function."""

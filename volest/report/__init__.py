"""Pages in a browser, each one self-contained file."""

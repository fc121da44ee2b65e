"""One check a file: a fault with its code, and how the records show it."""

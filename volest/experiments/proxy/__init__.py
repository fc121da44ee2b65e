"""Less in place of all: fewer patients and a smaller network, and whether they rank configurations alike."""

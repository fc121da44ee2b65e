"""Small data in place of all: which patients, and whether they rank configurations as all do."""

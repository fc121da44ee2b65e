"""Intervals for volumes of new patients, from the errors of held-out ones."""

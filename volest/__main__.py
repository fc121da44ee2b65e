"""`python -m volest`, for those whose PATH lacks the program."""

from volest.cli.main import run

run()

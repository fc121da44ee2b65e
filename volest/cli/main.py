"""`volest`: the commands, and what happens when one cannot do its work."""

import errno
import sys

import typer

from volest.cli.check import check
from volest.cli.cv import cv
from volest.cli.demo import demo
from volest.cli.diagnose import diagnose
from volest.cli.doctor import doctor
from volest.cli.evaluate import evaluate
from volest.cli.explain import explain
from volest.cli.index import index
from volest.cli.interruption import heard_interrupts
from volest.cli.latents import latents
from volest.cli.monitor import monitor
from volest.cli.predict import predict
from volest.cli.pretrain import pretrain
from volest.cli.report import report
from volest.cli.split import split
from volest.cli.study import study
from volest.cli.train import train
from volest.cli.tune import tune
from volest.errors import VolestError
from volest.records.atomic import FULL

app = typer.Typer(
    name="volest",
    help="Volume of a structure, in millilitres, from a 3D ultrasound raster.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"max_content_width": 120},  # a command's first sentence is not cut on a wide screen
)
COMMANDS = (
    *(demo, index, check, doctor, split, pretrain, train, cv, tune, diagnose, evaluate, report),
    *(predict, explain, latents, monitor),
)
for command in COMMANDS:
    app.command()(command)
app.add_typer(study, name="study")

INTERRUPTED = 130
"""What shells expect of a program that was stopped with Ctrl-C."""


REFUSED = {
    *(errno.EACCES, errno.EPERM, errno.EROFS, *FULL),
    *(errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENOENT, errno.ENAMETOOLONG),
}
"""Answers of the system that the user can mend; any other error of it is a fault of ours."""


@app.callback(invoke_without_command=True)
def _root(version: bool = typer.Option(False, "--version", help="Print the version and stop.", is_eager=True)) -> None:
    if version:
        from volest import __version__

        typer.echo(__version__)
        raise typer.Exit


def _full(error: OSError) -> str:
    from volest.preprocessing.cache import default_cache

    return (
        f"the disk of {error.filename or 'a file'} is full: {error.strerror}. Nothing is half-written, and the same "
        "command goes on from what is there (`train` with `--resume`). Make room first: preprocessed scans in "
        f"{default_cache()} (or preprocessing.cache) are made again when needed, and the checkpoints of finished folds "
        "(fold_*/checkpoints in run directories) are needed by nothing."
    )


def run() -> None:
    """Run a command; errors that the user can mend are printed without a traceback, with exit status 2."""
    try:
        with heard_interrupts():
            app(prog_name="volest")  # also as `python -m volest`
    except VolestError as error:
        typer.echo(f"volest: {error}", err=True)
        sys.exit(2)
    except OSError as error:
        if error.errno not in REFUSED:
            raise
        if error.errno in FULL:
            typer.echo(f"volest: {_full(error)}", err=True)
            sys.exit(2)
        typer.echo(
            f"volest: {error.filename or 'a file'} cannot be read or written: {error.strerror}. "
            "Choose another place, or mend its permissions or the space on its disk.",
            err=True,
        )
        sys.exit(2)
    except SystemExit as end:
        if end.code == INTERRUPTED:  # Typer has turned Ctrl-C into an exit
            typer.echo(
                "volest: interrupted. A training keeps its whole epochs, and nothing is half-written: the same command "
                "goes on from what is there (`train` with `--resume`, `predict` where it had `--out`, nothing with "
                "`--restart`; `explain` begins anew).",
                err=True,
            )
        raise

"""`volest split`."""

from pathlib import Path
from typing import Annotated

from typer import Option

from volest.cli.options import ConfigOption, ManifestArgument, QuietOption, SeedOption, SetOption, resolve_config


def split(
    manifest: ManifestArgument = None,
    config: ConfigOption = None,
    set_: SetOption = None,
    seed: SeedOption = None,
    out: Annotated[Path, Option(help="The folds to write; the proof goes beside them, as .md.")] = Path("folds.csv"),
    quiet: QuietOption = False,
) -> None:
    """Make folds grouped by patient and balanced on volume, with their proof."""
    from rich.markdown import Markdown

    from volest.cli.tables import console
    from volest.datasets.split import fold_proof, make_folds
    from volest.records import atomic
    from volest.records.folds import write_folds
    from volest.records.manifest import read_manifest

    resolved = resolve_config(config, set_, seed)
    table = read_manifest(manifest or resolved.data.manifest)
    folds = make_folds(table, resolved.split, resolved.seed)
    proof = fold_proof(table, folds)
    write_folds(folds, out)
    atomic.write_text(out.with_suffix(".md"), proof)
    if not quiet:
        screen = console()
        screen.print(Markdown(proof) if screen.is_terminal else proof, soft_wrap=not screen.is_terminal)
        text = f"{out} and its proof {out.with_suffix('.md')}. To train on these: --set data.folds={out}"
        screen.print(text, soft_wrap=True, highlight=False)

"""`volest cv`."""

from typing import Annotated

from typer import Option

from volest.cli.options import ConfigOption, QuietOption, SeedOption, SetOption, choose_progress, resolve_config


def cv(
    config: ConfigOption = None,
    set_: SetOption = None,
    seed: SeedOption = None,
    unlock_test: Annotated[
        bool, Option("--unlock-test", help="Judge the locked test patients too. Once, at the very end.")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Train all folds, finished ones left as they are, judge all held-out scans together, and say what is wrong."""
    from volest.cli.diagnosis import judge_run, show_diagnosis
    from volest.cli.tables import show_metrics
    from volest.experiments.cross_validation import cross_validate

    resolved = resolve_config(config, set_, seed)
    directory = resolved.run.directory
    show_metrics(cross_validate(resolved, choose_progress(quiet), unlock_test), directory)
    thresholds = [f"diagnosis.{name}={value!r}" for name, value in resolved.diagnosis.model_dump().items()]
    show_diagnosis(judge_run(directory, thresholds), directory)

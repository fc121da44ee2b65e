"""`volest pretrain` in a run: one fold or all of them."""

from volest.config import Config
from volest.errors import RunError
from volest.experiments.fold import alone, fold_grid
from volest.experiments.preparation import prepare_run, record_run
from volest.experiments.pretraining import forget_pretraining, pretrain_fold, require_start
from volest.progress import Progress
from volest.records.encoder import EncoderRecord


def pretrain_run(
    config: Config, fold: int | None, progress: Progress, strict: bool = False, restart: bool = False
) -> dict[int | None, EncoderRecord]:
    """Pretrain the encoder of a fold, or of each; what is finished is left as it is, the interrupted goes on.

    The folds can then be trained with the same configuration, `pretrain.enabled` being set.

    Args:
        config: the experiment.
        fold: held-out part; None for all.
        progress: told how it goes.
        strict: refuse scans that may not be used, rather than leave them out.
        restart: forget the pretraining of folds whose training has not begun.

    Raises:
        RunError, FoldError, ScanError, ConfigError, ModelError, ManifestError, TrainingError: as of the pretraining.
    """
    enabled = config.model_copy(update={"pretrain": config.pretrain.model_copy(update={"enabled": True})})
    run = prepare_run(enabled, progress, fold)
    records: dict[int | None, EncoderRecord] = {}
    for number in range(run.folds.count) if fold is None else [fold]:
        directory = run.directory.fold(number)
        if restart and (directory.is_finished or directory.checkpoint.exists()):
            raise RunError(
                f"fold {number} of {run.directory.path} was trained from its encoder, in whole or in part. Begin "
                f"both anew with `volest train --fold {number} --restart`."
            )
        grid = fold_grid(run, number)
        require_start(run, number, grid)
        record_run(run)
        with alone(run, number):
            if restart:
                forget_pretraining(directory)
            records[number] = pretrain_fold(run, number, grid, progress, strict)
    return records

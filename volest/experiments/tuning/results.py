"""What a search leaves behind: its record from the storage, and the best configuration as a file for `volest cv`."""

from collections.abc import Sequence
from warnings import catch_warnings, simplefilter

import numpy as np
import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.importance import FanovaImportanceEvaluator, get_param_importances

from volest.config import dump_config
from volest.config.load import override
from volest.config.schema import RunConfig
from volest.evaluation.comparison import compare
from volest.evaluation.sample import judged_scans
from volest.experiments.tuning.answer import answer_of, trial_0
from volest.experiments.tuning.patients import set_aside
from volest.experiments.tuning.places import Place, places_of
from volest.experiments.tuning.score import held_out_of
from volest.experiments.tuning.search import Search
from volest.records import atomic
from volest.records.evaluation import Comparison, Figure
from volest.records.proxy import PROXY
from volest.records.run import RunDirectory
from volest.records.search import BEST, UNKNOWN, SearchRecord, SearchTrial

SCORE = "score"
"""Attribute of an attempt that was judged: ends of the interval of its error, and the error of each inner fold."""

FEWEST_TRIALS = 10
"""Complete ones, below which nobody can say which key matters."""


def record_of(search: Search, study: optuna.Study, with_importances: bool = True) -> SearchRecord:
    """The search as its storage has it."""
    trials = [_trial(place) for place in places_of(study.get_trials(deepcopy=False), search.trials)]
    aside = set_aside(search.config, search.whole)
    inner_folds = search.whole.folds.count
    change = _change(search, trials)
    return SearchRecord(
        name=search.directory.absolute().name,
        answer=answer_of(trials, search.fold, aside, inner_folds, change, bool(search.proxy), search.outside),
        keys=search.space.keys,
        trials=tuple(trials),
        wanted=search.trials,
        outer_fold=search.fold,
        inner_folds=inner_folds,
        patients=len(search.whole.manifest.patients),
        scans=len(search.whole.manifest),
        set_aside=aside,
        sampler=search.sampler,
        pruner=search.pruner,
        importances=_importances(study, trials, search.whole.config.seed) if with_importances else {},
        notes=_notes(search, aside, trials),
    )


def write_best(record: SearchRecord, search: Search) -> None:
    """The configuration with the best values, for a run directory of its own; nothing where no trial was judged.

    What full training has found to be the best is not given up for what a proxy holds for it.
    """
    if not record.complete or (search.directory / PROXY).exists():
        return
    best = record.complete[0]
    proxy = " as proxy" if search.proxy else ""
    write_configuration(best, search, f"{best.mae_ml.value:.3f} mL on its inner folds{proxy}")


def write_configuration(best: SearchTrial, search: Search, told: str) -> None:
    """`best.yaml` with the values of a trial, and why it is the best."""
    settings = search.space.settings(best.values)
    config = override(search.config, settings, f"trial {best.number} of {search.space}")
    config = config.model_copy(update={"run": RunConfig(directory=(search.directory / "best").absolute())})
    head = f"# Trial {best.number} of search {search.directory.absolute().name}: {told}.\n"
    atomic.write_text(search.directory / BEST, head + dump_config(config))


def _trial(place: Place) -> SearchTrial:
    last, state = place.last, place.state
    score = last.user_attrs.get(SCORE, {})
    is_complete = state == "complete"
    begun, ended = last.datetime_start, last.datetime_complete
    last_step = last.last_step or 0
    return SearchTrial(
        number=place.number,
        state=state,
        values=dict(last.params),
        mae_ml=Figure(last.value, score.get("low"), score.get("high")) if is_complete else UNKNOWN,
        fold_mae_ml=tuple(score.get("folds", ())) if is_complete else (),
        last_mae_ml=last.value if state == "pruned" else None,
        share_percent=100 if is_complete else last_step,
        seconds=(ended - begun).total_seconds() if begun and ended and place.has_ended else None,
        attempts=len(place.attempts),
        reason=f"given up after {last_step}% of the training" if state == "pruned" else place.reason,
    )


def _change(search: Search, trials: Sequence[SearchTrial]) -> Comparison | None:
    """The best trial against the recipe, where both were trained on this machine."""
    complete = [trial for trial in trials if trial.state == "complete"]
    recipe = next((trial for trial in complete if trial.number == 0), None)
    best = min(complete, key=lambda trial: (trial.mae_ml.value, trial.number), default=None)
    if recipe is None or best is None or best is recipe:
        return None
    held_out = [held_out_of(RunDirectory(search.trial_directory(trial.number))) for trial in (best, recipe)]
    samples = [judged_scans(predictions) for predictions in held_out]
    if samples[0].scan_ids != samples[1].scan_ids or not samples[0].n_scans:
        return None
    return compare(samples[0], {"recipe": samples[1]}, np.random.default_rng(search.whole.config.seed))[0]


def _importances(study: optuna.Study, trials: Sequence[SearchTrial], seed: int) -> dict[str, float]:
    """Functional ANOVA of a random forest (Hutter et al. 2014): the share of each key in the variance of the error."""
    values = {trial.mae_ml.value for trial in trials if trial.state == "complete"}
    if len(values) < FEWEST_TRIALS:
        return {}
    with catch_warnings():
        simplefilter("ignore", ExperimentalWarning)
        return dict(get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=seed)))


def _notes(search: Search, aside: int, trials: Sequence[SearchTrial]) -> tuple[str, ...]:
    complete = sum(trial.state == "complete" for trial in trials)
    how = {"tpe": "by a tree-structured Parzen estimator after ten random trials", "random": "at random"}[
        search.sampler
    ]
    kept = {
        "asha": "ASHA gave up what was in the worse two thirds after 10, 30 and 90% of the training.",
        "hyperband": "Hyperband gave up the worse two thirds at shares of the training that differ by bracket.",
        "none": "Every trial was trained to its end.",
    }[search.pruner]
    inner = search.whole.folds.count
    notes = [
        f"Configurations were drawn {how}; trial 0 is {trial_0(search.outside)}. {kept}",
        f"Each error is that of {inner} inner folds, grouped by patient: every scan of the search is judged once, by a "
        "network that has not seen its patient. Intervals are bootstrapped over patients.",
        f"The best of {complete} errors is smaller than its configuration deserves, as chance chose it too. "
        + _confirmation(search, aside),
    ]
    if search.proxy:
        notes.append(
            f"Errors are those of a proxy: {search.proxy}. Full training errs by another amount; `--validate N` "
            "tells whether the proxy ranks configurations as it does."
        )
    if search.fold is not None:
        notes.append(
            f"best.yaml has been chosen without the patients of fold {search.fold} alone: held-out errors of its other "
            "folds are optimistic. For an error of the whole procedure, search once for each outer fold."
        )
    if failed := sum(trial.state == "failed" for trial in trials):
        notes.append(
            f"Failed: {failed} of {len(trials)} trials; their reasons stand below the table and in trials.csv."
        )
    return tuple(notes)


def _confirmation(search: Search, aside: int) -> str:
    if search.fold is not None:
        return (
            "What it is worth is told by the patients who were set aside: "
            f"`volest train -c {search.directory}/best.yaml --fold {search.fold}`."
        )
    if aside:
        return f"The locked patients can confirm it, once: `volest cv -c {search.directory}/best.yaml --unlock-test`."
    return "Lock patients away (split.test_fraction), or search within one outer fold (`--fold K`), to confirm it."

"""The answer of a search in words: the best configuration, how far it is off, and whom it has not seen."""

from collections import Counter
from collections.abc import Mapping, Sequence

from volest.records.evaluation import Comparison, Figure
from volest.records.search import SearchTrial, Value, value_text
from volest.wording import counted

SIGNIFICANT = 0.05


def answer_of(
    trials: Sequence[SearchTrial],
    outer_fold: int | None,
    set_aside: int,
    inner_folds: int,
    change: Comparison | None,
    are_proxies: bool = False,
    outside: Sequence[str] = (),
) -> str:
    """The first sentence is the answer; what must stand beside it follows.

    Args:
        trials: of the search.
        outer_fold: whose patients were set aside, if one's were.
        set_aside: patients that the search has not seen.
        inner_folds: that trials were judged on.
        change: of the best trial against the recipe, the same scans in pairs; None where one of them is not here.
        are_proxies: whether less was trained in their place.
        outside: keys whose ranges do not hold the values of the recipe.
    """
    complete = sorted(
        (trial for trial in trials if trial.state == "complete"), key=lambda trial: (trial.mae_ml.value, trial.number)
    )
    if not complete:
        return _nothing(trials)
    best, proxies = complete[0], ", all of them proxies," if are_proxies else ""
    error = _error(best.mae_ml, best.fold_sd_ml, inner_folds)
    told = (
        f"The best of {len(trials)} configurations{proxies} is off by {error}: "
        f"{listed(best.values)}; {_unseen(outer_fold, set_aside)}."
    )
    return f"{told} {_against_recipe(best, trials, change, outside)}"


def trial_0(outside: Sequence[str]) -> str:
    """What the first trial is: the recipe, as far as the space holds it."""
    if not outside:
        return "the recipe itself"
    return f"the recipe with random {', '.join(outside)} (the space does not hold its own)"


def listed(values: Mapping[str, Value]) -> str:
    """`training.loss huber, training.learning_rate 0.00123`."""
    return ", ".join(f"{key} {value_text(value)}" for key, value in values.items())


def commonest(trials: Sequence[SearchTrial]) -> tuple[str, int]:
    """The reason that most failed trials give, and how many do."""
    return Counter(trial.reason for trial in trials if trial.state == "failed").most_common(1)[0]


def _nothing(trials: Sequence[SearchTrial]) -> str:
    failed = sum(trial.state == "failed" for trial in trials)
    if not failed:
        return "No configuration has been judged to its end yet."
    reason, count = commonest(trials)
    if len(trials) == 1:
        return f"The only trial failed: {reason}"
    all_of = f"All {failed} trials failed" if failed == len(trials) else f"No trial ended; {failed} failed"
    return f"{all_of}, {count} of them with: {reason}"


def _error(mae_ml: Figure, fold_sd_ml: float | None, inner_folds: int) -> str:
    spread = [f"95% interval {mae_ml.low:.2f} to {mae_ml.high:.2f}"] if mae_ml.low is not None else []
    if fold_sd_ml is not None:
        spread.append(f"SD of {inner_folds} inner folds {fold_sd_ml:.2f}")
    beside = f" ({'; '.join(spread)})" if spread else ""
    return f"{mae_ml.value:.2f} mL{beside}"


def _unseen(outer_fold: int | None, set_aside: int) -> str:
    patients = counted(set_aside, "patient")
    if outer_fold is not None:
        return f"the {patients} set aside with outer fold {outer_fold} were never seen"
    if set_aside:
        return f"the {patients} of the locked test set were never seen"
    return "no patient was set aside, so that nobody is left to confirm it"


def _against_recipe(
    best: SearchTrial, trials: Sequence[SearchTrial], change: Comparison | None, outside: Sequence[str]
) -> str:
    what = trial_0(outside)
    recipe = next((trial for trial in trials if trial.number == 0), None)
    if recipe is None or recipe.state != "complete":
        return f"T{what[1:]} was not judged to its end, so that nothing tells what the search has gained."
    if best.number == 0:
        return f"That is {what}: nothing tried is better."
    told = f"T{what[1:]} is off by {recipe.mae_ml.value:.2f} mL"
    figure = change.mae_difference_ml if change else Figure(None, None, None)
    if figure.value is None or figure.low is None or figure.high is None:
        return f"{told}."
    told += f", {-figure.value:.2f} mL more on the same scans (95% interval {-figure.high:.2f} to {-figure.low:.2f})"
    told = told.replace("-", "\u2212")
    if figure.high >= 0:
        return f"{told}, which may be chance."
    chosen_from = sum(trial.state in ("complete", "pruned") for trial in trials) - 1
    is_shown = change is not None and change.p is not None and change.p * chosen_from < SIGNIFICANT  # Bonferroni
    return f"{told}." if is_shown else f"{told}, which may be chance, as the best of {chosen_from} was chosen."

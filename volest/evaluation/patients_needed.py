"""How many more patients an error would take, or why nobody can say."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from volest.evaluation.power_law import PowerLaws, fit_power_laws

FARTHEST = 3.0
"""Times as many training patients as were tried: no sentence goes beyond."""

FEWEST_SIZES = 3
FEWEST_PATIENTS = 5
N_DRAWS = 1000
LEVEL = 0.95


@dataclass(frozen=True, eq=False)
class SizedErrors:
    """Absolute errors of the same held-out patients after trainings on more and more patients.

    Attributes:
        sizes: training patients, rising; means where folds differ.
        sums_ml: of each patient's scans, over repeats.
        scans: terms in each of these sums.
    """

    sizes: Float[np.ndarray, " size"]
    sums_ml: Float[np.ndarray, "patient size"]
    scans: Float[np.ndarray, "patient size"]

    @property
    def n_patients(self) -> int:
        """Held-out patients."""
        return len(self.sums_ml)

    @cached_property
    def mae_ml(self) -> Float[np.ndarray, " size"]:
        """Mean over all scans."""
        return self.sums_ml.sum(axis=0) / self.scans.sum(axis=0)

    def drawn(self, rng: np.random.Generator, n_draws: int = N_DRAWS) -> Float[np.ndarray, "draw size"]:
        """Mean errors of bootstrap samples of the held-out patients; each is drawn for all sizes at once."""
        n = self.n_patients
        counts = rng.multinomial(n, np.full(n, 1 / n), size=n_draws).astype(float)
        return (counts @ self.sums_ml) / (counts @ self.scans)


@dataclass(frozen=True)
class Outlook:
    """What may be said of more patients.

    Attributes:
        sentence: the answer, or why there is none.
        target_ml: error that was asked for.
        more: training patients beyond the largest number tried; None where nobody can say.
        low: of its interval.
        high: of its interval; None where it lies beyond `FARTHEST`.
    """

    sentence: str
    target_ml: float
    more: int | None = None
    low: int | None = None
    high: int | None = None


def intervals_ml(drawn_ml: Float[np.ndarray, "draw size"], level: float = LEVEL) -> list[tuple[float, float]]:
    """Of the mean error at each size."""
    low, high = np.quantile(drawn_ml, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return list(zip(low.tolist(), high.tolist(), strict=True))


def outlook(
    errors: SizedErrors, target_ml: float, rng: np.random.Generator, n_draws: int = N_DRAWS, level: float = LEVEL
) -> Outlook:
    """Patients for a mean error of `target_ml`, with their interval over the held-out patients."""
    now_ml, largest = float(errors.mae_ml[-1]), float(errors.sizes[-1])
    tried = f"{errors.sizes[0]:.0f} to {largest:.0f} training patients"
    if refusal := _too_little(errors):
        return Outlook(f"Nobody can say what more patients would bring: {refusal}.", target_ml)
    if target_ml >= now_ml:
        return Outlook(f"A mean error of {target_ml:.1f} mL is reached already: it is {now_ml:.1f} mL.", target_ml)
    drawn_ml = errors.drawn(rng, n_draws)
    fall_ml = drawn_ml[:, 0] - drawn_ml[:, -1]
    low_ml, high_ml = np.quantile(fall_ml, [(1 - level) / 2, (1 + level) / 2])
    if low_ml <= 0:
        return Outlook(
            f"More patients have not been shown to help, so nobody can say how many would: from {tried} the mean error "
            f"went from {errors.mae_ml[0]:.1f} to {now_ml:.1f} mL, a fall of {errors.mae_ml[0] - now_ml:.1f} mL "
            f"({level:.0%} interval {low_ml:.1f} to {high_ml:.1f}).",
            target_ml,
        )
    law = fit_power_laws(errors.sizes, errors.mae_ml[None])
    laws = fit_power_laws(errors.sizes, drawn_ml)
    return _extrapolated(law, laws, target_ml, now_ml, level)


def _too_little(errors: SizedErrors) -> str:
    distinct = len(np.unique(errors.sizes))
    if distinct < FEWEST_SIZES:
        return f"{distinct} numbers of training patients were tried, and a curve needs {FEWEST_SIZES}"
    if errors.n_patients < FEWEST_PATIENTS:
        return f"{errors.n_patients} held-out patients are too few for an interval"
    return ""


def _extrapolated(law: PowerLaws, laws: PowerLaws, target_ml: float, now_ml: float, level: float) -> Outlook:
    largest = law.largest
    low, high = _quantiles(np.maximum(laws.patients(target_ml), largest), level)
    least = max(0, round(low - largest)) if low <= FARTHEST * largest else None
    needed = float(law.patients(target_ml)[0])
    if needed > FARTHEST * largest:
        floor_ml = float(law.floor_ml[0])
        levels = f"the curve levels off at {floor_ml:.1f} mL" if np.isinf(needed) else "it lies too far out"
        at_least = f", and at least {least} more would be needed" if least else ""
        return Outlook(
            f"Nobody can say how many more patients a mean error of {target_ml:.1f} mL would take (now {now_ml:.1f} mL "
            f"with {largest:.0f}): {levels}, beyond {FARTHEST:g} times the patients there are{at_least}.",
            target_ml,
            low=least,
        )
    more = max(1, round(needed - largest))
    most = round(high - largest) if high <= FARTHEST * largest else None
    reach = f"{least} to {most}" if most is not None else f"{least} to more than {(FARTHEST - 1) * largest:.0f}"
    floorless = " The sizes tried are too few to show a floor, so this is the best that can happen."
    return Outlook(
        f"About {more} more training patients ({level:.0%} interval {reach}) would bring the mean error from "
        f"{now_ml:.1f} to {target_ml:.1f} mL; {largest:.0f} are there." + ("" if _has_floor(laws) else floorless),
        target_ml,
        more,
        least,
        most,
    )


def _has_floor(laws: PowerLaws) -> bool:
    return bool((laws.floor_ml > 0).any())


def _quantiles(values: Float[np.ndarray, " draw"], level: float) -> Sequence[float]:
    """Of values that may be infinite: between two of them nothing can be interpolated."""
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2], method="inverted_cdf")
    return float(low), float(high)

"""Whether a proxy ranks configurations as full training does, and what trusting it costs."""

from collections.abc import Sequence

import numpy as np

from volest.errors import RunError
from volest.evaluation.bootstrap import Bootstrap
from volest.evaluation.correlation import kendall_tau, pearson_r, spearman_rho
from volest.evaluation.sample import Sample
from volest.records.proxy import RankAgreement, TwiceTrained

LEAST_RHO = 0.5
"""Spearman's correlation below which the best of a proxy is little better than any."""

FEWEST = 2


def rank_agreement(trained: Sequence[TwiceTrained], rng: np.random.Generator) -> RankAgreement:
    """Correlations of proxy and full MAE, with BCa intervals over configurations, and the regret of the proxy's best.

    With fewer than five configurations there are no intervals.

    Raises:
        RunError: fewer than two configurations were trained both ways.
    """
    if len(trained) < FEWEST:
        raise RunError(
            f"{len(trained)} configurations were trained both as proxy and in full, and {FEWEST} are the least that "
            "can be ranked. Ask for more with `--validate N`; five give intervals."
        )
    names = tuple(one.name for one in trained)
    proxy_ml, full_ml = (np.array([getattr(one, key) for one in trained]) for key in ("proxy_ml", "full_ml"))
    bootstrap = Bootstrap(Sample(names, names, proxy_ml, full_ml), rng)
    chosen, best = int(proxy_ml.argmin()), int(full_ml.argmin())
    regret_ml = float(full_ml[chosen] - full_ml[best])
    return RankAgreement(
        spearman=bootstrap.figure(spearman_rho),
        kendall=bootstrap.figure(kendall_tau),
        pearson=bootstrap.figure(pearson_r),
        best=names[best],
        chosen=names[chosen],
        regret_ml=regret_ml,
        regret_percent=float(100 * regret_ml / full_ml[best]),
    )


def can_rank(agreement: RankAgreement) -> bool:
    """Whether Spearman's correlation is at least `LEAST_RHO` and its interval lies above zero."""
    rho = agreement.spearman
    return rho.value is not None and rho.low is not None and rho.value >= LEAST_RHO and rho.low > 0


def verdict(agreement: RankAgreement, speed_up: float) -> str:
    """What to make of it, in words."""
    rho = agreement.spearman
    told = "undefined" if rho.value is None else f"{rho.value:.2f}"
    within = "no interval, as fewer than five were compared" if rho.low is None else f"{rho.low:.2f} to {rho.high:.2f}"
    cost = f"its best is {agreement.regret_ml:.2f} mL ({agreement.regret_percent:.0f}%) worse than the best"
    if agreement.regret_ml == 0:
        cost = "its best is the best"
    figures = f"Spearman's correlation with full training {told} (95%: {within}), {speed_up:.1f} times faster, {cost}"
    if can_rank(agreement):
        return f"The proxy ranks configurations. {figures}."
    remedy = "Validate more configurations"
    if rho.value is None or rho.value < LEAST_RHO:
        remedy = "Raise proxy.share, proxy.width_ratio or proxy.epoch_ratio, or lower proxy.spacing_ratio"
    return f"The proxy cannot be shown to rank configurations: do not choose by it. {figures}. {remedy}."


def speed_up(trained: Sequence[TwiceTrained], selection_seconds: float, searched: int) -> float:
    """Full over proxy seconds of a configuration, each bearing its share of the time that choosing patients took."""
    full = float(np.mean([one.full_seconds for one in trained]))
    proxy = float(np.mean([one.proxy_seconds for one in trained]))
    return full / (proxy + selection_seconds / searched)

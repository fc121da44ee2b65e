"""Proxies beside full training, as Markdown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.page import table
from bench.proxy_trainings import Trainings
from volest.evaluation.proxy.rank_agreement import rank_agreement, speed_up
from volest.records.evaluation import Figure
from volest.records.proxy import RankAgreement, TwiceTrained
from volest.report.figure_text import with_interval

SPEED_UP, RHO, REGRET_PERCENT, WINS, REPEATS = 4.4, 0.7, 5.0, 7, 10
"""The bars."""

FULL, PROXY, RANDOM = "full", "by_volume", "random"

HEAD = (
    *("patients that train", "of them", "configurations", "Spearman (95%)", "Kendall", "Pearson"),
    *("top-1 regret, mL", "%", "s a training", "s to choose", "times faster"),
)


@dataclass(frozen=True)
class Compared:
    """One proxy beside full training."""

    agreement: RankAgreement
    configurations: int
    seconds: float
    selection_seconds: float
    speed_up: float


def compare(done: Trainings, way: str, selection_seconds: float) -> Compared | None:
    """None where fewer than two configurations were trained both ways."""
    both = [
        TwiceTrained(str(full.configuration), {}, proxy.mae_ml, full.mae_ml, proxy.cpu_s, full.cpu_s)
        for proxy, full in done.pairs(way, FULL)
    ]
    if len(both) < 2:
        return None
    return Compared(
        rank_agreement(both, np.random.default_rng(0)),
        len(both),
        float(np.mean([one.proxy_seconds for one in both])),
        selection_seconds,
        speed_up(both, selection_seconds, len(both)),
    )


def report(found: Mapping[str, Compared], patients: int, done: Trainings, names: Sequence[str]) -> str:
    """Tables: each proxy, the bars, and every configuration in the order of full training."""
    rows = [_row(way, one, patients) for way, one in found.items()]
    return "\n".join([*table(HEAD, rows), "", *_bars(found), "", *_configurations(found, done, names)]) + "\n"


def _row(way: str, one: Compared, patients: int) -> list[str]:
    told = one.agreement
    return [
        *(way, str(patients), str(one.configurations), with_interval(told.spearman, 2)),
        *(with_interval(Figure(rank.value, None, None), 2) for rank in (told.kendall, told.pearson)),
        *(f"{told.regret_ml:.2f}", f"{told.regret_percent:.0f}"),
        *(f"{one.seconds:.1f}", f"{one.selection_seconds:.2f}", f"{one.speed_up:.1f}"),
    ]


def _bars(found: Mapping[str, Compared]) -> list[str]:
    if PROXY not in found:
        return []
    own = found[PROXY]
    rho, regret = own.agreement.spearman, own.agreement.regret_percent
    whole = [one for way, one in found.items() if way.startswith(RANDOM) and one.configurations == own.configurations]
    wins = sum((rho.value or 0) > (other.agreement.spearman.value or 0) for other in whole)
    rows = [
        ("speed-up, choosing included", f"{SPEED_UP}", f"{own.speed_up:.1f}", own.speed_up >= SPEED_UP),
        ("Spearman's correlation", f"{RHO}", with_interval(rho, 2), (rho.value or 0) >= RHO),
        ("top-1 regret", f"{REGRET_PERCENT:.0f}%", f"{regret:.1f}%", regret <= REGRET_PERCENT),
        (
            "ranks better than random",
            f"{WINS} of {REPEATS}",
            f"{wins} of {len(whole)}",
            wins >= WINS if len(whole) == REPEATS else None,
        ),
    ]
    verdicts = {True: "met", False: "**missed**", None: "**not measured**"}
    told = [(name, asked, got, verdicts[is_met]) for name, asked, got, is_met in rows]
    return table(("bar", "asked", "measured", ""), told)


def _configurations(found: Mapping[str, Compared], done: Trainings, names: Sequence[str]) -> list[str]:
    full = sorted((row for row in done.rows.values() if row.way == FULL), key=lambda row: row.mae_ml)
    rows = [
        [
            *(names[row.configuration], f"{row.mae_ml:.2f}", f"{row.cpu_s:.0f}"),
            *(f"{one.mae_ml:.1f}" if (one := done.rows.get((way, row.configuration))) else "" for way in found),
        ]
        for row in full
    ]
    return table(("configuration", "full, mL", "s", *found), rows)

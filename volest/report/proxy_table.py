"""A proxy beside full training, in words and figures."""

from volest.records.proxy import ProxyValidation
from volest.report.figure_text import UNDEFINED, with_interval


def proxy_table(proxy: ProxyValidation) -> tuple[list[str], list[list[str]]]:
    """Headings and cells, the best in full training first."""
    columns = ["Configuration", "Full, mL", "Rank", "Proxy, mL", "Rank by proxy", "Time in full", "Time as proxy"]
    by_full = sorted(proxy.trained, key=lambda one: one.full_ml)
    by_proxy = sorted(proxy.trained, key=lambda one: one.proxy_ml)
    rows = [
        [
            one.name,
            f"{one.full_ml:.2f}",
            str(rank),
            f"{one.proxy_ml:.2f}",
            str(by_proxy.index(one) + 1),
            f"{one.full_seconds:.0f} s",
            f"{one.proxy_seconds:.0f} s",
        ]
        for rank, one in enumerate(by_full, start=1)
    ]
    return columns, rows


def proxy_figures(proxy: ProxyValidation) -> dict[str, str]:
    """What the verdict rests on."""
    found = proxy.agreement
    trained = f"{len(proxy.patients)} of {proxy.of_patients}"
    return {
        "Spearman": with_interval(found.spearman, 2),
        "Kendall": with_interval(found.kendall, 2),
        "Pearson": with_interval(found.pearson, 2),
        "Regret of its best": f"{found.regret_ml:.2f} mL ({found.regret_percent:.0f}%)",
        "Speed-up": f"{proxy.speed_up:.1f}",
        "Choosing patients": f"{proxy.selection_seconds:.1f} s" if proxy.selection_seconds else UNDEFINED,
        "Patients that train": trained,
    }

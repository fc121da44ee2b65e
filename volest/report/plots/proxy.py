"""How proxy and full errors of configurations go together."""

from volest.records.proxy import ProxyValidation, RankAgreement
from volest.report.figure_text import with_interval
from volest.report.plots.plot import Axis, Label, Plot, Points


def proxy_plot(proxy: ProxyValidation) -> Plot:
    """A dot for each configuration that was trained both ways."""
    found = proxy.agreement
    x = Axis.over("full training: error (mL)", [one.full_ml for one in proxy.trained])
    y = Axis.over("proxy: error (mL)", [one.proxy_ml for one in proxy.trained])
    chosen = [one for one in proxy.trained if one.name == found.chosen]
    others = [one for one in proxy.trained if one.name != found.chosen]
    rho = with_interval(found.spearman, 2)
    return Plot(
        name="proxy",
        title="Proxy against full training",
        message="Each dot is a configuration; where the proxy ranks, dots rise to the right. "
        f"Spearman\u2019s correlation {rho}. {_choice(found)}",
        x=x,
        y=y,
        marks=(
            Points([one.full_ml for one in others], [one.proxy_ml for one in others], "other"),
            Points([one.full_ml for one in chosen], [one.proxy_ml for one in chosen], "network"),
            *(Label(one.full_ml, one.proxy_ml, "chosen by the proxy") for one in chosen),
        ),
    )


def _choice(found: RankAgreement) -> str:
    if found.chosen == found.best:
        return f"Both choose {found.best}."
    return f"The proxy chooses {found.chosen}, {found.regret_ml:.2f} mL worse in full than {found.best}, the best."

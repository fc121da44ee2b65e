"""What a search trains in place of the whole."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Literal, get_args

from volest.config import Config
from volest.errors import ConfigError
from volest.experiments.fold import fold_grid
from volest.experiments.preparation import PreparedRun
from volest.experiments.proxy.data import ProxyData, choose_patients, trained_on
from volest.experiments.proxy.network import proxy_network, require_proxy_network
from volest.geometry import Grid
from volest.progress import Progress

Part = Literal["data", "network"]


@dataclass(frozen=True)
class Proxy:
    """Fewer patients, a smaller network, or both.

    Attributes:
        whole: scans and inner folds, in which chosen patients alone train.
        shrink: from the configuration of a trial to that of its proxy.
        data: the patients that train.
        sentence: what it is, in words.
    """

    whole: PreparedRun
    shrink: Callable[[Config], Config]
    data: ProxyData
    sentence: str


def read_parts(text: str) -> tuple[Part, ...]:
    """`data,network` as it is written on the command line; nothing is no proxy.

    Raises:
        ConfigError: another word.
    """
    words = [word for part in text.split(",") if (word := part.strip())]
    if unknown := [word for word in words if word not in get_args(Part)]:
        raise ConfigError(f"--proxy {text!r}: expected data, network, or data,network; got {unknown[0]!r}.")
    return tuple(part for part in get_args(Part) if part in words)


def build_proxy(whole: PreparedRun, parts: Collection[Part], progress: Progress) -> Proxy:
    """The proxy that `config.proxy` declares; the same seed chooses the same patients in every worker.

    Raises:
        ConfigError: the network has no smaller size, or too few patients would train.
    """
    data, said = ProxyData(whole.manifest.patients, 0.0), []
    of_patients, config = len(whole.manifest.patients), whole.config.proxy
    run = whole
    if "data" in parts:
        data = choose_patients(whole, whole.manifest.patients, whole.config.seed, progress)
        run = trained_on(whole, data.patients)
        said.append(f"{len(data.patients)} of {of_patients} patients train ({config.choice}), all judge")
    if "network" in parts:
        require_proxy_network(whole.config)
        said.append(
            f"widths x {config.width_ratio:g}, blocks x {config.block_ratio:g}, spacing x {config.spacing_ratio:g}, "
            f"epochs x {config.epoch_ratio:g}"
        )

    if parts and config.recalibrate:
        said.append("recalibrated on the training scans")

    def shrink(trial: Config) -> Config:
        return as_proxy(trial, parts, fold_grid(replace(whole, config=trial), 0))

    return Proxy(run, shrink, data, "; ".join(said))


def as_proxy(trial: Config, parts: Collection[Part], grid: Grid) -> Config:
    """The configuration that is trained in place of a trial's.

    Args:
        trial: in full.
        parts: of the proxy.
        grid: that the network of the trial sees.

    Raises:
        ConfigError: the network has no smaller size.
    """
    if not parts:
        return trial
    training = trial.training.model_copy(update={"recalibrate": trial.training.recalibrate or trial.proxy.recalibrate})
    recalibrated = trial.model_copy(update={"training": training})
    return proxy_network(recalibrated, grid) if "network" in parts else recalibrated

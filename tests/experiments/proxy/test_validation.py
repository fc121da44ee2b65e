import pytest
import yaml

from volest.config.proxy import ProxyConfig
from volest.errors import ConfigError
from volest.experiments.proxy.validation import require_proxy, spread
from volest.records.proxy import read_proxy

SPACE = {"training.learning_rate": {"kind": "float", "low": 0.0005, "high": 0.02, "log": True}}


def test_the_best_and_the_worst_are_among_those_that_are_validated():
    assert spread(list(range(10)), 4) == [0, 3, 6, 9]
    assert spread([1, 2], 5) == [1, 2]
    assert spread([], 5) == []


def test_a_validation_without_a_proxy_is_refused():
    with pytest.raises(ConfigError, match=r"there is no proxy\. Add `--proxy data,network`"):
        require_proxy((), 5, (), ProxyConfig())


def test_one_configuration_cannot_be_ranked():
    with pytest.raises(ConfigError, match="--validate 1: 2 configurations are the least"):
        require_proxy(("data",), 1, (), ProxyConfig())
    require_proxy(("data",), 2, (), ProxyConfig())
    require_proxy((), 0, (), ProxyConfig())


def test_what_a_proxy_does_to_every_trial_cannot_be_searched():
    searched = ("training.learning_rate", "training.recalibrate")
    with pytest.raises(ConfigError, match=r"the proxy recalibrates every trial\. Take it out"):
        require_proxy(("network",), 0, searched, ProxyConfig())
    require_proxy(("network",), 0, searched, ProxyConfig(recalibrate=False))
    require_proxy((), 0, searched, ProxyConfig())


@pytest.mark.slow
def test_a_search_by_proxy_ends_with_what_the_proxy_is_worth(command, tiny_yaml, tmp_path):
    (tmp_path / "rate.yaml").write_text(yaml.safe_dump(SPACE))
    arguments = ("tune", "rate.yaml", "-c", tiny_yaml, "--trials", 3, "--inner-folds", 2, "--pruner", "none")
    proxied = ("--proxy", "data,network", "--validate", 2, "--set", "proxy.share=0.7", "--set", "proxy.width_ratio=0.5")
    outcome = command(*arguments, *proxied, "--out", "search", folder=tmp_path)
    assert outcome.status == 0, outcome.stderr
    found = read_proxy(tmp_path / "search")
    assert len(found.trained) == 2
    assert (len(found.patients), found.of_patients) == (4, 6)
    assert found.agreement.regret_ml >= 0
    assert not found.can_rank  # two configurations have no interval
    assert "do not choose by it" in outcome.stdout
    best = min(found.trained, key=lambda one: one.full_ml)
    assert f"# Trial {best.name.removeprefix('trial ')} of search search" in (tmp_path / "search/best.yaml").read_text()
    assert "The best of 3 configurations, all of them proxies, is off by" in outcome.stdout
    page = (tmp_path / "search/tune.html").read_text()
    assert "The proxy beside full training" in page
    assert "of a proxy: 4 of 6 patients train (by_volume), all judge; widths x 0.5" in page
    again = command(*arguments, *proxied, "--out", "search", folder=tmp_path)  # nothing is trained a second time
    assert read_proxy(tmp_path / "search").trained == found.trained
    chosen = (tmp_path / "search/best.yaml").read_text()
    resumed = command(*arguments, *proxied[:2], *proxied[4:], "--out", "search", folder=tmp_path)  # no --validate
    assert resumed.status == 0, resumed.stderr
    assert f"best.yaml holds {best.name}, the best of 2 in full training" in resumed.stdout
    assert (tmp_path / "search/best.yaml").read_text() == chosen
    assert "The proxy beside full training" in (tmp_path / "search/tune.html").read_text()
    other = command(*arguments, "--out", "search", folder=tmp_path)
    assert (again.status, other.status) == (0, 2)
    assert "another proxy" in other.stderr

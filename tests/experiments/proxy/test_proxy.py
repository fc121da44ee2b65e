import pytest

from volest.config.load import differing_keys
from volest.errors import ConfigError
from volest.experiments.preparation import prepare_run
from volest.experiments.proxy.proxy import build_proxy, read_parts
from volest.progress import Silent


@pytest.fixture
def prepared(tiny):
    return lambda *overrides: prepare_run(tiny("proxy.share=0.7", *overrides), Silent())


@pytest.mark.parametrize(
    ("text", "parts"),
    [("data,network", ("data", "network")), ("network , data", ("data", "network")), ("data", ("data",)), ("", ())],
)
def test_parts_are_read_in_any_order(text, parts):
    assert read_parts(text) == parts


def test_another_part_is_refused():
    with pytest.raises(ConfigError, match=r"expected data, network, or data,network; got 'epochs'"):
        read_parts("data,epochs")


def test_without_parts_everything_is_as_it_was(prepared):
    run = prepared()
    proxy = build_proxy(run, (), Silent())
    assert proxy.whole == run
    assert proxy.shrink(run.config) == run.config
    assert proxy.sentence == ""


def test_data_alone_leaves_the_network_and_the_network_alone_leaves_the_patients(prepared):
    run = prepared()
    data, network = (build_proxy(run, [part], Silent()) for part in ("data", "network"))
    assert differing_keys(data.shrink(run.config), run.config) == ["training.recalibrate"]
    assert len(data.whole.folds.untrained) == 2
    assert network.whole.folds == run.folds
    assert network.shrink(run.config).model.widths == (4, 4, 8, 8)


def test_each_trial_shrinks_from_its_own_configuration(prepared):
    run = prepared()
    other = run.config.model_copy(update={"model": run.config.model.model_copy(update={"widths": (16, 16, 32, 32)})})
    assert build_proxy(run, ["network"], Silent()).shrink(other).model.widths == (8, 8, 16, 16)


def test_a_network_without_a_smaller_size_is_refused_before_the_first_trial(prepared):
    with pytest.raises(ConfigError, match=r"model\.name genesis has no widths"):
        build_proxy(prepared("model.name=genesis"), ["network"], Silent())


@pytest.mark.parametrize("parts", [("data",), ("network",), ("data", "network")])
def test_a_proxy_is_judged_without_what_is_wrong_with_all_its_predictions_alike(prepared, parts):
    for declared in (True, False):
        run = prepared(f"proxy.recalibrate={declared}")
        proxy = build_proxy(run, parts, Silent())
        assert proxy.shrink(run.config).training.recalibrate is declared
        assert ("recalibrated" in proxy.sentence) is declared  # by which a search knows the proxy it was begun with


def test_what_a_trial_recalibrates_in_full_its_proxy_recalibrates_too(prepared):
    run = prepared("proxy.recalibrate=false", "training.recalibrate=true")
    assert build_proxy(run, ("network",), Silent()).shrink(run.config).training.recalibrate

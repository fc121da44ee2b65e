import pytest
from safetensors.torch import save_file

from volest.errors import ConfigError
from volest.experiments.preparation import prepare_run
from volest.experiments.proxy.data import choose_patients, trained_on
from volest.models.registry import build_network
from volest.progress import Silent

CHOICES = ["by_volume", "least_similar", "latent_centres", "random"]


@pytest.fixture
def prepared(tiny):
    return lambda *overrides: prepare_run(tiny("proxy.share=0.5", *overrides), Silent())


@pytest.mark.parametrize("choice", CHOICES)
def test_half_of_the_patients_are_chosen_and_the_same_again(prepared, choice):
    run = prepared(f"proxy.choice={choice}")
    patients = run.manifest.patients
    chosen = choose_patients(run, patients, 1, Silent()).patients
    assert len(set(chosen)) == 3
    assert set(chosen) <= set(patients)
    assert chosen == choose_patients(run, patients[::-1], 1, Silent()).patients


@pytest.mark.parametrize("measure", ["mutual_information", "cross_correlation"])
@pytest.mark.parametrize("region", ["whole", "informative"])
def test_scans_are_compared_by_each_measure_on_each_region(prepared, measure, region):
    run = prepared("proxy.choice=least_similar", f"proxy.similarity={measure}", f"proxy.region={region}")
    assert len(choose_patients(run, run.manifest.patients, 0, Silent()).patients) == 3


def test_only_candidates_are_chosen(prepared):
    run = prepared("proxy.share=1.0", "proxy.choice=least_similar")
    candidates = run.folds.training(0)
    assert set(choose_patients(run, candidates, 0, Silent()).patients) == candidates


def test_chosen_patients_train_and_all_judge(prepared):
    run = prepared()
    chosen = sorted(run.folds.held_out(0))[:2] + sorted(run.folds.held_out(1))[:2]
    proxy = trained_on(run, chosen)
    for fold in range(2):
        assert proxy.folds.held_out(fold) == run.folds.held_out(fold)
        assert proxy.folds.training(fold) == set(chosen) - run.folds.held_out(fold)


def test_too_small_a_share_is_refused(prepared):
    run = prepared("proxy.share=0.2")
    with pytest.raises(ConfigError, match=r"proxy\.share 0\.2 of 6 patients leaves 1"):
        choose_patients(run, run.manifest.patients, 0, Silent())


def test_a_fold_without_patients_to_train_on_is_refused(prepared):
    run = prepared()
    with pytest.raises(ConfigError, match="of the 2 patients of the proxy 0 are left to train fold 0"):
        trained_on(run, sorted(run.folds.held_out(0))[:2])


def test_the_latents_of_an_encoder_that_learnt_elsewhere_can_tell_patients_apart(prepared, tmp_path):
    weights = tmp_path / "encoder.safetensors"
    save_file(build_network(prepared().config.model, (16, 16, 16)).encoder.state_dict(), weights)
    run = prepared("proxy.choice=latent_centres", f"model.encoder_weights={weights}")
    assert len(choose_patients(run, run.manifest.patients, 0, Silent()).patients) == 3

import itertools

import numpy as np
import pytest

from volest.evaluation.proxy.patient_choice import by_volume, latent_centres, least_similar, random_patients


def similarity_of(places):
    return np.exp(-np.abs(np.subtract.outer(places, places)))


def test_of_three_kinds_of_patients_one_of_each_is_taken():
    places = np.array([0.0, 0.1, 0.2, 5.0, 5.1, 5.2, 10.0, 10.1, 10.2])
    for chosen in (least_similar(similarity_of(places), 3), latent_centres(places[:, None], 3)):
        assert sorted(np.round(places[chosen]).tolist()) == [0, 5, 10]


def test_two_outliers_of_one_kind_are_not_both_taken():
    places = np.array([0.0, 0.5, 1.0, 1.5, 20.0, 20.1, -20.0])
    assert {4, 5} - set(least_similar(similarity_of(places), 3))
    assert {4, 5} - set(latent_centres(places[:, None], 3))


def test_the_first_patient_is_the_most_typical():
    places = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    assert least_similar(similarity_of(places), 1) == [2]
    assert latent_centres(places[:, None], 1) == [2]


def test_centres_reach_all_patients_within_twice_the_best_distance(rng):
    latents = rng.standard_normal((9, 2))
    apart = np.linalg.norm(latents[:, None] - latents, axis=2)

    def reach(centres):
        return apart[:, list(centres)].min(axis=1).max()

    best = min(reach(centres) for centres in itertools.combinations(range(9), 3))
    assert reach(latent_centres(latents, 3)) <= 2 * best


def test_strata_of_volume_give_one_patient_each(rng):
    volumes_ml = rng.permutation(np.arange(1.0, 22.0))
    chosen = volumes_ml[by_volume(volumes_ml, 7, rng)]
    assert [int((volume_ml - 1) // 3) for volume_ml in chosen] == list(range(7))


def test_volumes_of_a_stratified_choice_are_nearer_to_the_study_than_those_of_a_random_one(rng):
    volumes_ml = rng.lognormal(3.4, 0.4, 30)
    off = {
        name: np.std([volumes_ml[choose()].mean() for _ in range(200)])
        for name, choose in {
            "by_volume": lambda: by_volume(volumes_ml, 8, rng),
            "random": lambda: random_patients(30, 8, rng),
        }.items()
    }
    assert off["by_volume"] < 0.5 * off["random"]


@pytest.mark.parametrize(
    "choose",
    [
        lambda rng, count: least_similar(similarity_of(rng.random(12)), count),
        lambda rng, count: latent_centres(rng.random((12, 3)), count),
        lambda rng, count: by_volume(rng.random(12), count, rng),
        lambda rng, count: random_patients(12, count, rng),
    ],
)
@pytest.mark.parametrize("count", [1, 5, 12])
def test_patients_are_as_many_as_asked_none_twice_and_the_same_again(choose, count):
    chosen = choose(np.random.default_rng(3), count)
    assert len(set(chosen)) == len(chosen) == count
    assert chosen == choose(np.random.default_rng(3), count)


def test_patients_that_are_all_the_same_are_still_told_apart():
    assert len(set(latent_centres(np.zeros((4, 2)), 3))) == 3
    assert len(set(least_similar(np.ones((4, 4)), 3))) == 3

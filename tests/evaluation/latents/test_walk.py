import numpy as np
import pytest

from volest.evaluation.latents.walk import volume_walk


def test_the_walk_goes_along_the_planted_direction(study):
    made = study(volume=4.0, noise=0.1)
    walk = volume_walk(made.latents[0], made.volume_ml)
    steps = np.diff(walk.vectors, axis=0)
    spread = made.latents[0].vectors - made.latents[0].vectors.mean(axis=0)
    planted = np.linalg.svd(spread)[2][0]
    assert abs(steps[0] @ planted) / np.linalg.norm(steps[0]) > 0.99


def test_stations_are_equally_far_apart_in_log_volume(study):
    walk = volume_walk(study().latents[0], study().volume_ml, steps=4)
    assert np.ptp(np.diff(np.log(walk.volumes_ml))) == pytest.approx(0, abs=1e-9)
    assert len(walk.vectors) == 4


def test_held_out_references_do_not_turn_the_walk(study):
    made = study(volume=4.0)
    first = made.latents[0]
    other = {s: ml if seen else 1.0 for (s, ml), seen in zip(made.volume_ml.items(), first.training, strict=True)}
    assert np.allclose(volume_walk(first, other).vectors, volume_walk(first, made.volume_ml).vectors)


def test_the_mean_latent_stands_at_the_mean_log_volume(study):
    made = study(volume=4.0)
    walk = volume_walk(made.latents[0], made.volume_ml, steps=201)
    mean = np.log([made.volume_ml[s] for s in np.array(made.latents[0].scan_ids)[made.latents[0].training]]).mean()
    nearest = np.argmin(np.abs(np.log(walk.volumes_ml) - mean))
    assert walk.vectors[nearest] == pytest.approx(
        made.latents[0].vectors[made.latents[0].training].mean(axis=0), abs=0.05
    )

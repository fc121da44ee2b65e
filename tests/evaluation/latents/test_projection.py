import numpy as np
import pytest

from volest.evaluation.latents.projection import has_umap, pca_projection, umap_projection
from volest.records.latents import FoldLatents


def test_the_first_axis_is_what_was_planted(study):
    made = study(volume=30.0)
    projection = pca_projection(made.latents[0])
    log_volume = np.log(list(made.volume_ml.values()))
    assert abs(np.corrcoef(projection.points[:, 0], log_volume)[0, 1]) > 0.8
    assert projection.points.shape == (90, 2)


def test_held_out_scans_do_not_move_the_axes(study):
    first = study().latents[0]
    vectors = first.vectors.copy()
    vectors[first.held_out] *= 1000
    far = FoldLatents(0, first.scan_ids, first.patient_ids, first.held_out, vectors)
    training = first.training
    assert np.allclose(pca_projection(far).points[training], pca_projection(first).points[training])


def test_a_space_of_one_feature_lies_on_a_line(study):
    first = study().latents[0]
    thin = FoldLatents(0, first.scan_ids, first.patient_ids, first.held_out, first.vectors[:, :1])
    assert np.ptp(pca_projection(thin).points[:, 1]) == 0


@pytest.mark.slow
@pytest.mark.skipif(not has_umap(), reason="umap-learn, the extra `latents`, is not installed")
def test_umap_keeps_a_patient_s_scans_together_and_repeats_itself(study):
    first = study(patient=4.0).latents[0]
    projection, again = umap_projection(first, seed=0), umap_projection(first, seed=0)
    assert np.array_equal(projection.points, again.points)
    held_out = projection.points[first.held_out]
    own = np.linalg.norm(held_out[0] - held_out[1])
    assert own < np.median(np.linalg.norm(held_out[0] - held_out[3:], axis=1))

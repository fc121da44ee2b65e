import numpy as np

from volest.evaluation.baselines.mean import Mean
from volest.evaluation.baselines.thumbnail import Thumbnail
from volest.evaluation.metrics import mean_absolute_error, mean_absolute_percentage_error


def test_the_size_of_a_ball_is_read_from_its_thumbnail(cohort):
    training, held_out = cohort[:48], cohort[48:]
    reference_ml = np.array([s.volume_ml for s in held_out])
    predicted_ml = Thumbnail().fit(training).predict(held_out)
    assert mean_absolute_percentage_error(predicted_ml, reference_ml) < 5
    assert mean_absolute_error(predicted_ml, reference_ml) < 0.3 * mean_absolute_error(
        Mean().fit(training).predict(held_out), reference_ml
    )


def test_brighter_rasters_in_other_units_change_nothing(cohort):
    training, held_out = cohort[:48], cohort[48:]
    brighter = [_scaled(s, 255) for s in cohort]
    one = Thumbnail().fit(training).predict(held_out)
    other = Thumbnail().fit(brighter[:48]).predict(brighter[48:])
    np.testing.assert_allclose(one, other, rtol=1e-6)


def _scaled(scan, factor):
    import dataclasses

    return dataclasses.replace(scan, thumbnail=scan.thumbnail * factor)

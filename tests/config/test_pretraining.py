from volest.config.pretraining import PretrainConfig


def test_what_is_not_told_of_the_degrading_speckle_stays_that_of_the_pretraining():
    told = PretrainConfig(speckle={"grain_voxels": 0.0})
    assert (told.speckle.probability, told.speckle.sd) == (1.0, (0.3, 0.6))

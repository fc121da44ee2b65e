import numpy as np

from volest.augmentation.blur import BlurParameters
from volest.augmentation.drawn import Drawn
from volest.augmentation.pipeline import AugmentationPipeline
from volest.config.augmentation import AugmentationConfig


def test_a_wider_blur_is_smoother(scan):
    pipeline = AugmentationPipeline(AugmentationConfig())
    roughness = [
        np.abs(np.diff(pipeline.apply(scan, Drawn(blur=BlurParameters(sd))), axis=2)).mean() for sd in (0.3, 0.6, 1.0)
    ]
    assert roughness == sorted(roughness, reverse=True)

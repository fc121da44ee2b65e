"""The independent witness: the map that torchio hands to ITK for the same parameters."""

import numpy as np
import pytest
import torch
import torchio as tio

from volest import geometry
from volest.augmentation.drawn import Drawn
from volest.augmentation.flip import FlipParameters
from volest.augmentation.placement import placement
from volest.augmentation.rotation import RotationParameters
from volest.augmentation.translation import TranslationParameters
from volest.augmentation.zoom import ZoomParameters

TO_LPS = np.array([-1.0, -1.0, 1.0])


@pytest.mark.parametrize("seed", range(5))
def test_rotation_translation_and_zoom_are_those_of_torchio(seed):
    rng = np.random.default_rng(seed)
    degrees, voxels, scales = rng.uniform(-60, 60, 3), rng.uniform(-9, 9, 3), rng.uniform(0.5, 2, 3)
    affine = tio.Affine(scales=tuple(scales), degrees=tuple(degrees), translation=tuple(voxels))
    centred = geometry.centred_affine((8, 8, 8), (1.0, 1.0, 1.0))
    image = tio.ScalarImage(tensor=torch.zeros(1, 8, 8, 8), affine=centred)
    transform = affine.get_affine_transform(image)
    ours = placement(
        Drawn(
            rotation=RotationParameters(tuple(degrees)),
            translation=TranslationParameters(tuple(voxels)),
            zoom=ZoomParameters(tuple(scales)),
        )
    )
    for point in rng.uniform(-20, 20, (4, 3)):
        theirs = TO_LPS * transform.TransformPoint((TO_LPS * point).tolist())
        assert ours.matrix @ point + ours.offset == pytest.approx(theirs, abs=1e-6)


def test_a_flip_mirrors_where_the_scan_is_taken_from():
    mirrored = placement(Drawn(flip=FlipParameters((0, 2))))
    assert np.array_equal(mirrored.matrix, np.diag([-1, 1, -1]))
    assert not mirrored.offset.any()

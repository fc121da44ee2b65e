import pytest
import torch

from volest.training.c_mixup import mix_alike


def batch_of(targets):
    """Voxels that show the target, so that a mixture of both can be compared."""
    targets = torch.tensor(targets)
    return targets[:, None, None, None, None].expand(-1, 1, 2, 2, 2).clone(), targets


def test_voxels_and_targets_are_mixed_in_the_same_share_of_the_same_partner():
    torch.manual_seed(0)
    voxels, targets = mix_alike(batch_of([-1.0, -0.8, 0.1, 0.3, 1.5]), alpha=2.0)
    torch.testing.assert_close(voxels.mean(dim=(1, 2, 3, 4)), targets)


def test_partners_are_alike():
    torch.manual_seed(0)
    before = torch.tensor([-3.0, -2.9, 0.0, 0.1, 3.0, 3.1])
    for _ in range(50):
        _, mixed = mix_alike(batch_of(before.tolist()), alpha=2.0)
        assert (mixed - before).abs().max() <= 0.1 + 1e-6


def test_a_scan_with_no_like_partner_stays_as_it_is():
    torch.manual_seed(0)
    _, mixed = mix_alike(batch_of([-9.0, 9.0]), alpha=2.0)
    assert mixed.tolist() == pytest.approx([-9.0, 9.0])


def test_an_unknown_mask_makes_the_mixture_unknown():
    torch.manual_seed(1)
    occupancy = torch.stack([torch.full((1, 2, 2, 2), float("nan")), torch.ones(1, 2, 2, 2)])
    *_, mixed = mix_alike([*batch_of([0.0, 0.0]), occupancy], alpha=2.0)
    assert torch.isnan(mixed[0]).all()

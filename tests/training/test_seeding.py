import torch

from volest.training.seeding import seed_torch


def drawn(*parts):
    seed_torch(*parts)
    return torch.rand(3).tolist()


def test_a_draw_depends_on_the_parts_alone():
    assert drawn(0, "weights", 3) == drawn(0, "weights", 3)
    different = [drawn(0, 1), drawn(1, 0), drawn(0, "1"), drawn(0), drawn(10, 1), drawn(0, 1, 1)]
    assert len({tuple(numbers) for numbers in different}) == len(different)

import numpy as np
import pytest

from volest.errors import RunError
from volest.inference.distance import TraitDistance
from volest.inference.traits import distances_of


@pytest.mark.parametrize("traits", [{}, {"layout": np.zeros(5)}])
def test_a_reference_of_other_traits_is_refused(rng, traits):
    usual = {"layout": TraitDistance("layout", rng.normal(size=(10, 4)))}
    with pytest.raises(RunError, match=r"reference.safetensors of a fold holds 'layout' as this version does not"):
        distances_of(traits, usual, [20.0, 21.0])

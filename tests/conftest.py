"""Every test sees array shapes and types checked at run time."""

import numpy as np
import pytest
from jaxtyping import install_import_hook

# An int where a float is expected is no fault (PEP 484), though beartype takes it for one unless told.
install_import_hook("volest", "beartype.beartype(conf=beartype.BeartypeConf(is_pep484_tower=True))")


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _private_cache(tmp_path_factory, monkeypatch):
    """No test reads or writes the user's cache."""
    monkeypatch.setenv("VOLEST_CACHE", str(tmp_path_factory.mktemp("cache")))

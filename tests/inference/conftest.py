import pytest


@pytest.fixture(scope="session")
def image(scan_paths):
    from volest.images.nrrd import read_nrrd

    return read_nrrd(scan_paths[0])


@pytest.fixture(scope="session")
def models(finished_run):
    from volest.inference.model import load_model

    return [load_model(finished_run.fold(fold)) for fold in (0, 1)]

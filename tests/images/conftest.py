import importlib.util
from pathlib import Path

import numpy as np
import pytest

VOXELS = np.arange(3 * 4 * 5, dtype=np.uint8).reshape(3, 4, 5, order="F")

HEADER = {
    "type": "uint8",
    "dimension": "3",
    "space": "right-anterior-superior",
    "sizes": "3 4 5",
    "space directions": "(0.5,0,0) (0,0.6,0) (0,0,0.8)",
    "encoding": "raw",
    "space origin": "(1,2,3)",
}


@pytest.fixture
def write_raw(tmp_path):
    """Write a NRRD file by hand, so that the reader is not judged by the writer; None removes a line."""

    def write(voxels=VOXELS, payload=None, name="scan.nrrd", extra=(), **changed) -> Path:
        header = HEADER | {key.replace("_", " "): value for key, value in changed.items()}
        lines = ["NRRD0005", *(f"{key}: {value}" for key, value in header.items() if value is not None), *extra]
        path = tmp_path / name
        data = voxels.tobytes(order="F") if payload is None else payload
        path.write_bytes("\n".join(lines).encode() + b"\n\n" + data)
        return path

    return write


@pytest.fixture(scope="session")
def dicom():
    """The makers of DICOM files in `dicom_files.py`."""
    pytest.importorskip("pydicom", reason="needs the extra `dicom`")
    spec = importlib.util.spec_from_file_location("dicom_files", Path(__file__).with_name("dicom_files.py"))
    makers = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(makers)
    return makers

"""Damaged and hostile scans of every format but NRRD: each is read or refused, soon and in little memory.

    python tests/fuzz/fuzz_formats.py --minutes 10 --seed 0 [--corpus FOLDER] [--keep FOLDER]

The rules are those of `fuzz_nrrd.py`, which runs the inputs. One thing is added: no refusal repeats a patient's name.
"""

import gzip
import importlib.util
import io
import json
import struct
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from tokenize import TokenError

import nibabel
import numpy as np
import SimpleITK as sitk  # noqa: N813 - its own documentation calls it so
from fuzz_nrrd import KNOWN_CAUSES, Files, Target, run
from nibabel.filebasedimages import ImageFileError
from nibabel.spatialimages import HeaderDataError
from PIL import Image as Picture
from pydicom.errors import BytesLengthException

from volest.errors import ScanError
from volest.images.formats import read_header, read_image, scan_sha256

CAUSES = (
    *(*KNOWN_CAUSES, ImageFileError, HeaderDataError, BytesLengthException, struct.error),
    *(RuntimeError, AttributeError, KeyError, TokenError, type(None)),  # None: refused by `formats`, before any library
)
"""Besides those of our own readers, what nibabel, SimpleITK and pydicom raise for damaged files."""

LARGEST_BOMB_BYTES = 250 * 10**6
NAME = "Secret^Patient"
VOXELS = np.arange(6 * 7 * 8, dtype=np.int16).reshape(6, 7, 8)
SPACING_MM = (0.5, 0.6, 0.8)
TEXTS = (".mha", ".mhd", ".json")

NUMBERS = tuple(
    struct.pack(order + code, value)
    for order in "<>"
    for code, values in {
        "h": (0, 1, -1, 2, 16, 127, 32767, -32768),
        "i": (0, -1, 2**31 - 1, -(2**31)),
        "q": (-1, 2**63 - 1),
        "f": (0.0, -1.0, 1e-30, 1e30, float("nan"), float("inf")),
        "d": (0.0, -1.0, 1e300, float("nan"), float("inf")),
    }.items()
    for value in values
)
WORDS = (
    *(
        "",
        "0",
        "-1",
        "1",
        "3",
        "nan",
        "inf",
        "1e400",
        "1e-320",
        "none",
        "True",
        "False",
        "null",
        "[]",
        "{}",
        '"',
        "9" * 400,
    ),
    *("6 7 8", "8 7 6", "0 7 8", "-6 7 8", "100000 100000 100000", "4294967296 4294967296 2", "1 " * 3000, "6 7 8 1"),
    *(
        "0.5 0.6 0.8",
        "0 0 0",
        "nan nan nan",
        "1e308 1e308 1e308",
        "1 0 0 0 1 0 0 0 1",
        "1 0 0 1 0 0 0 0 1",
        "[1, 1, 1]",
    ),
    *(
        "MET_SHORT",
        "MET_DOUBLE",
        "MET_LONG_LONG_ARRAY",
        "LOCAL",
        "LIST",
        "voxels.raw",
        "scan%03d.raw 1 9 1",
        "fifo",
        "link",
    ),
    *("../../../../etc/passwd", "/etc/passwd", "/dev/zero", "/dev/stdin", ".", "..", "~", "x" * 5000, "\0", "\u202e"),
)
KEYS = (
    *("NDims", "DimSize", "ElementSpacing", "ElementSize", "ElementType", "ElementDataFile", "ElementNumberOfChannels"),
    *("CompressedData", "CompressedDataSize", "HeaderSize", "TransformMatrix", "Offset", "BinaryData", "ObjectType"),
)


def seeds(corpus: Path | None) -> list[Files]:
    """Sound files to begin with: made here, and small ones of a folder."""
    with tempfile.TemporaryDirectory() as folder:
        made = [*_nifti(Path(folder)), *_itk(Path(folder)), _npy(), *_dicom(Path(folder))]
    return made + (list(_small(corpus)) if corpus else [])


def _nifti(folder: Path) -> Iterator[Files]:
    affine = np.diag([*SPACING_MM, 1.0])
    for kind in (nibabel.Nifti1Image, nibabel.Nifti2Image):
        for suffix in (".nii", ".nii.gz"):
            nibabel.save(kind(VOXELS, affine), folder / f"scan{suffix}")
            yield {f"scan{suffix}": (folder / f"scan{suffix}").read_bytes()}


def _itk(folder: Path) -> Iterator[Files]:
    image = sitk.GetImageFromArray(VOXELS.transpose(2, 1, 0))
    image.SetSpacing(SPACING_MM)
    for suffix, compressed in ((".mha", False), (".mha", True), (".mhd", False), (".gipl", False), (".gipl.gz", False)):
        sitk.WriteImage(image, str(folder / f"scan{suffix}"), useCompression=compressed)
        names = [f"scan{suffix}", "scan.raw"] if suffix == ".mhd" else [f"scan{suffix}"]
        yield {name: (folder / name).read_bytes() for name in names}


def _npy() -> Files:
    file = io.BytesIO()
    np.save(file, VOXELS)
    sidecar = json.dumps({"spacing_mm": SPACING_MM, "space": "RAS"}, indent=1)
    return {"scan.npy": file.getvalue(), "scan.json": sidecar.encode()}


def _dicom(folder: Path) -> Iterator[Files]:
    from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit

    files = _tests_of_images("dicom_files")
    grey = (VOXELS % 251).astype(np.uint8)
    colour = np.repeat(grey[..., None], 3, axis=-1)
    plain = {"PatientName": NAME, "PatientBirthDate": "19700101"}
    regions = {"PixelSpacing": None, "SequenceOfUltrasoundRegions": files.regions(files.region(x1=7, y1=6))}
    positions = [(0.0, 0.0, 0.8 * k) for k in range(6)]
    axes = np.eye(3)[:2]
    datasets = [
        files.dataset_of(grey, **plain),
        files.dataset_of(VOXELS, **plain),
        files.dataset_of(colour, **plain),
        files.dataset_of(colour, PhotometricInterpretation="YBR_FULL", **plain),
        files.dataset_of(grey, **plain, **regions),
        files.enhanced(grey, axes, positions, **plain),
        files.dataset_of(grey, JPEGBaseline8Bit, [_packed(frame, "JPEG") for frame in grey], **plain),
        files.dataset_of(grey, JPEG2000Lossless, [_packed(frame, "JPEG2000") for frame in grey], **plain),
    ]
    for dataset in datasets:
        yield {"scan.dcm": files.save(dataset, folder / "scan.dcm").read_bytes()}


def _packed(frame: np.ndarray, kind: str) -> bytes:
    file = io.BytesIO()
    Picture.fromarray(np.ascontiguousarray(frame)).save(file, kind)
    return file.getvalue()


def _tests_of_images(name: str):
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parents[1] / "images" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _small(corpus: Path) -> Iterator[Files]:
    for path in sorted(corpus.rglob("*.dcm")):
        if path.stat().st_size < 2**18:
            yield {"scan.dcm": path.read_bytes()}


def mutated(files: Files, rng: np.random.Generator) -> Files:
    """A copy with no, one or more faults; of compressed files half the time in what they hold."""
    files = dict(files)
    for _ in range(rng.poisson(1.5)):
        name = list(files)[rng.integers(len(files))]
        inside = name.endswith(".gz") and rng.random() < 0.5
        content = _unpacked(files[name]) if inside else files[name]
        faults = TEXT_FAULTS if name.endswith(TEXTS) and rng.random() < 0.7 else FAULTS
        content = faults[rng.integers(len(faults))](content, rng)
        files[name] = gzip.compress(content, 1) if inside else content
    return files


def _unpacked(content: bytes) -> bytes:
    try:
        return gzip.decompress(content)
    except Exception:  # damaged by the fault before
        return content


def _flip(content: bytes, rng: np.random.Generator) -> bytes:
    changed = bytearray(content)
    for place in rng.integers(0, max(len(changed), 1), rng.integers(1, 9)) if changed else ():
        changed[place] = rng.integers(256)
    return bytes(changed)


def _number(content: bytes, rng: np.random.Generator) -> bytes:
    """A number of the header takes a value that breaks readers."""
    value = NUMBERS[rng.integers(len(NUMBERS))]
    place = rng.integers(min(len(content), 1200) // 2 + 1) * 2
    return content[:place] + value + content[place + len(value) :]


def _cut(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: rng.integers(len(content) + 1)]


def _drop(content: bytes, rng: np.random.Generator) -> bytes:
    start, end = sorted(rng.integers(0, len(content) + 1, 2))
    return content[:start] + content[end:] if rng.random() < 0.5 else content[:end] + content[start:]


def _value(content: bytes, rng: np.random.Generator) -> bytes:
    """One line takes another value."""
    lines = content.split(b"\n")
    place = rng.integers(min(len(lines), 16))
    mark = b":" if b":" in lines[place] else b"="
    lines[place] = lines[place].partition(mark)[0] + mark + b" " + WORDS[rng.integers(len(WORDS))].encode()
    return b"\n".join(lines)


def _line(content: bytes, rng: np.random.Generator) -> bytes:
    """One line more, or one less."""
    lines = content.split(b"\n")
    place = rng.integers(min(len(lines), 16))
    if rng.random() < 0.4:
        del lines[place]
    else:
        lines.insert(place, f"{KEYS[rng.integers(len(KEYS))]} = {WORDS[rng.integers(len(WORDS))]}".encode())
    return b"\n".join(lines)


def _flood(content: bytes, rng: np.random.Generator) -> bytes:
    """Very much of something, somewhere."""
    place = rng.integers(len(content) + 1)
    stuff = (b"\0", b"\n", b"9", b"9 ", b"\xff", b"a = b\n", b"[", b"{", b"\xfe\xff\x00\xe0\xff\xff\xff\xff")[
        rng.integers(9)
    ]
    return content[:place] + stuff * int(10 ** rng.uniform(1, 6.3)) + content[place:]


def _bomb(content: bytes, rng: np.random.Generator) -> bytes:
    """Up to 250 MB of zeros behind what a compressed file holds."""
    return gzip.compress(_unpacked(content) + bytes(int(LARGEST_BOMB_BYTES ** rng.uniform(0.5, 1))), 1)


FAULTS = (_flip, _flip, _number, _number, _number, _cut, _drop)
TEXT_FAULTS = (_value, _value, _value, _line)


def examples(rng: np.random.Generator, corpus: Path | None = None) -> Iterator[Files]:
    """Inputs without end; one in a hundred is a flood or a bomb, which cost as much as all the others."""
    sound = seeds(corpus)
    while True:
        files = mutated(sound[rng.integers(len(sound))], rng)
        if rng.random() < 0.01:
            name = next(iter(files))
            files[name] = (_bomb if name.endswith(".gz") else _flood)(files[name], rng)
        yield files


def read_discreetly(path: Path):
    """Read a scan, and fail where the refusal says whose it is."""
    try:
        return read_image(path)
    except ScanError as error:
        if NAME in str(error):
            raise AssertionError(f"a refusal names the patient: {error}") from None
        raise


if __name__ == "__main__":
    sys.exit(run(examples, __doc__, Target((scan_sha256, read_header, read_discreetly), CAUSES)))

"""The text at the head of a MetaImage (.mha, .mhd), checked before SimpleITK is given the file.

ITK takes a spacing that is missing or misspelt for 1 mm, and opens whatever file the header names.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from volest.images.faults import Refusal
from volest.images.limits import LONGEST_HEADER_BYTES
from volest.images.regular_file import open_regular, require_regular

_STANDARD = {
    *("ObjectType", "ObjectSubType", "NDims", "DimSize", "BinaryData", "BinaryDataByteOrderMSB", "ElementByteOrderMSB"),
    *("CompressedData", "CompressedDataSize", "CompressionLevel", "TransformMatrix", "Rotation", "Orientation"),
    *("Offset", "Position", "Origin", "CenterOfRotation", "AnatomicalOrientation", "ElementSpacing", "ElementSize"),
    *("ElementType", "ElementNumberOfChannels", "ElementDataFile", "HeaderSize", "Modality"),
    *("Name", "Comment"),  # free text, which may hold a name
}


_CHUNK_BYTES = 2**20


@dataclass(frozen=True)
class MetaImageText:
    """The head of a file.

    Attributes:
        entries: its lines `Key = value`.
        end: byte where voxels in the same file begin.
    """

    entries: Mapping[str, str]
    end: int


def read_metaimage_text(path: Path) -> MetaImageText:
    """Read the lines up to the one that names the voxels.

    Raises:
        ValueError: there is no such header.
    """
    entries: dict[str, str] = {}
    with open_regular(path) as file:
        while line := file.readline(LONGEST_HEADER_BYTES - file.tell()):
            key, equals, value = line.decode("utf-8", errors="replace").partition("=")
            if not equals or "\0" in key + value:
                break
            if entries.get(key.strip(), value.strip()) != value.strip():
                raise ValueError(f"its header has {key.strip()[:40]} twice, with two values")
            entries[key.strip()] = value.strip()
            if key.strip() == "ElementDataFile":
                return MetaImageText(entries, file.tell())
    raise ValueError("its header has no line that begins with ElementDataFile")


def metaimage_fields(header: Mapping[str, str]) -> dict[str, str]:
    """What the header tells beyond the format."""
    return {key: value for key, value in header.items() if key not in _STANDARD}


def require_single_volume(header: Mapping[str, str]) -> None:
    """Refuse a sequence of tracked frames, which ITK reads as if its third axis were space.

    Raises:
        Refusal: it is one.
    """
    if "list" in header.get("Kinds", "").lower().split() or any(key.startswith("Seq_Frame") for key in header):
        raise Refusal(
            "it is a sequence of frames, whose third axis is time and no length. Reconstruct the volume from its "
            "tracked frames, and export that"
        )


def require_spacing(header: Mapping[str, str]) -> None:
    """Refuse a header that leaves the spacing to ITK's guess.

    Raises:
        Refusal: no spacing, or no three lengths above 0.
    """
    text = header.get("ElementSpacing", header.get("ElementSize"))
    if text is None:
        raise Refusal(
            "its header gives no ElementSpacing, so that its millilitres are unknown. Export it with its spacing in mm"
        )
    try:
        spacing = np.array([float(number) for number in text.split()])
    except ValueError:
        spacing = np.empty(0)
    if len(spacing) < 2 or not (np.isfinite(spacing).all() and (spacing > 0).all()):
        raise Refusal(f"its header has ElementSpacing {text!r}; expected three lengths in mm above 0. Correct it")


def require_complete(path: Path, text: MetaImageText, voxels: Path | None, expected_bytes: int) -> None:
    """Refuse voxels that are too few, too many or garbled: ITK gives back whatever its memory then holds.

    Args:
        path: of the header.
        text: the header.
        voxels: the file that holds them, if not the same.
        expected_bytes: of all voxels.

    Raises:
        ValueError: their number is another, or their compression is damaged.
    """
    if text.entries.get("BinaryData", "True").lower() != "true" or text.entries.get("HeaderSize", "0") != "0":
        raise Refusal("its voxels are text, or lie behind a header of their own. Save it as one binary .mha")
    start = text.end if voxels is None else 0
    if text.entries.get("CompressedData", "False").lower() == "true":
        found = _inflated_bytes(voxels or path, start, expected_bytes)
    else:
        found = (voxels or path).stat().st_size - start
    if found != expected_bytes:
        raise ValueError(
            f"it holds {'more' if found > expected_bytes else 'less'} than {expected_bytes} bytes of voxels"
        )


def _inflated_bytes(path: Path, start: int, enough: int) -> int:
    """Length of a compressed stream, counted little beyond `enough`."""
    stream, found = zlib.decompressobj(), 0
    with open_regular(path) as file:
        file.seek(start)
        while found <= enough and not stream.eof and (chunk := stream.unconsumed_tail or file.read(_CHUNK_BYTES)):
            found += len(stream.decompress(chunk, _CHUNK_BYTES))
    return found if stream.eof or found > enough else 0


def metaimage_voxels(path: Path, header: Mapping[str, str]) -> Path | None:
    """The file that holds the voxels of a detached header.

    Raises:
        Refusal: several files, one outside the folder of the header, or one that is missing.
    """
    named = header["ElementDataFile"]
    if named.upper() == "LOCAL":
        return None
    if "%" in named or named.split(" ")[0].upper() == "LIST":
        raise Refusal(f"its voxels lie in several files ({named}). Save it as one .mha")
    voxels = path.parent / named
    folders = path.parent.resolve(), path.resolve().parent  # a linked header may lie beside its voxels
    if not any(voxels.resolve().is_relative_to(folder) for folder in folders):
        raise Refusal(f"its header names voxels outside its folder ({named}). Copy them beside the header")
    try:
        require_regular(voxels)
    except FileNotFoundError:
        raise Refusal(
            f"it keeps its voxels in {voxels}, which does not exist. Copy the file there, or correct the header"
        ) from None
    return voxels

"""DICOM files made for the tests."""

import warnings

import numpy as np
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian, generate_uid
from pydicom.valuerep import DSfloat

US_MULTIFRAME = "1.2.840.10008.5.1.4.1.1.3.1"
SERIES = generate_uid(entropy_srcs=["volest"])


def numbers(*values):
    return [DSfloat(float(value), auto_format=True) for value in values]


def item(**attributes):
    dataset = Dataset()
    for name, value in attributes.items():
        setattr(dataset, name, value)
    return dataset


def dataset_of(frames, syntax=ExplicitVRLittleEndian, codestreams=None, **attributes):
    """Frames (frame, row, column[, colour]) as a file; None removes an attribute."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = US_MULTIFRAME
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = syntax
    order = {"is_implicit_VR": syntax.is_implicit_VR, "is_little_endian": syntax.is_little_endian}
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128, **order)
    colour = frames.ndim == 4
    bits = frames.dtype.itemsize * 8
    big = not syntax.is_little_endian
    data = frames.astype(frames.dtype.newbyteorder(">" if big else "<")).tobytes()
    standard = {
        "SOPClassUID": US_MULTIFRAME,
        "SOPInstanceUID": meta.MediaStorageSOPInstanceUID,
        "SeriesInstanceUID": SERIES,
        "Modality": "US",
        "PatientID": "P1",
        "Rows": frames.shape[1],
        "Columns": frames.shape[2],
        "NumberOfFrames": len(frames),
        "SamplesPerPixel": 3 if colour else 1,
        "PhotometricInterpretation": "RGB" if colour else "MONOCHROME2",
        "BitsAllocated": bits,
        "BitsStored": bits,
        "HighBit": bits - 1,
        "PixelRepresentation": int(frames.dtype.kind == "i"),
        "PlanarConfiguration": 0 if colour else None,
        "PixelSpacing": numbers(0.6, 0.5),
        "SpacingBetweenSlices": DSfloat(0.8),
    }
    for name, value in (standard | attributes).items():
        if value is not None:
            with warnings.catch_warnings():  # some of the values are wrong on purpose
                warnings.simplefilter("ignore")
                setattr(dataset, name, value)
    if codestreams is not None:
        dataset.PixelData = encapsulate(codestreams)
        dataset["PixelData"].VR = "OB"
        dataset["PixelData"].is_undefined_length = True
    else:
        dataset.PixelData = data + b"\0" * (len(data) % 2)
        dataset["PixelData"].VR = "OW" if bits > 8 else "OB"
    return dataset


def save(dataset, path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.save_as(path, enforce_file_format=True)
    return path


def region(x0=0, y0=0, x1=3, y1=3, delta_cm=(0.05, 0.06), **attributes):
    standard = {
        "RegionSpatialFormat": 1,
        "RegionDataType": 1,
        "RegionFlags": 0,
        "RegionLocationMinX0": x0,
        "RegionLocationMinY0": y0,
        "RegionLocationMaxX1": x1,
        "RegionLocationMaxY1": y1,
        "PhysicalUnitsXDirection": 3,
        "PhysicalUnitsYDirection": 3,
        "PhysicalDeltaX": delta_cm[0],
        "PhysicalDeltaY": delta_cm[1],
    }
    return item(**(standard | attributes))


def regions(*items):
    return Sequence(items)


def enhanced(frames, axes, positions, spacing=(0.6, 0.5), volume=True, **attributes):
    """Frames with a position and direction each, in per-frame and shared functional groups."""
    place = ("PlanePositionVolumeSequence", "ImagePositionVolume")
    turn = ("PlaneOrientationVolumeSequence", "ImageOrientationVolume")
    if not volume:
        place = ("PlanePositionSequence", "ImagePositionPatient")
        turn = ("PlaneOrientationSequence", "ImageOrientationPatient")

    def number_type(values):
        return [float(value) for value in values] if volume else numbers(*values)

    per_frame = [item(**{place[0]: [item(**{place[1]: number_type(position)})]}) for position in positions]
    shared = item(
        **{
            turn[0]: [item(**{turn[1]: number_type(np.ravel(axes))})],
            "PixelMeasuresSequence": [item(PixelSpacing=numbers(*spacing))],
        }
    )
    removed = {"PixelSpacing": None, "SpacingBetweenSlices": None}
    groups = {"SharedFunctionalGroupsSequence": [shared], "PerFrameFunctionalGroupsSequence": per_frame}
    return dataset_of(frames, **(removed | groups | attributes))

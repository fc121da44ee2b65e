"""Which scans may teach an encoder before a fold is judged: none of a held-out patient, and no copy of one.

The only place where this is decided. Held-out scans are looked at here, to know their copies; what is left is all that
a pretraining gets to see.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from volest.audit.checks.near_copies import LEAST_CORRELATION
from volest.audit.measures import THUMBNAIL_SIZE
from volest.audit.similarity import likenesses
from volest.datasets.admission import admitted_image
from volest.datasets.facts import ScanFacts, content_sha256, facts_of
from volest.datasets.thumbnail import thumbnail
from volest.datasets.unlabelled import UnlabelledScan
from volest.errors import ScanError
from volest.images.formats import scan_sha256
from volest.progress import Progress, watch
from volest.records.encoder import LeftOutScan, SeenScan
from volest.records.manifest import Scan
from volest.wording import counted

MOST_NAMED = 5
REMEMBERED = 2000
"""Scans whose looks are kept between folds: some 55 kB each."""


@dataclass(frozen=True)
class Looks:
    """A scan as copies of it are known by."""

    facts: ScanFacts
    content_sha256: str
    thumbnail: np.ndarray


@dataclass(frozen=True)
class AdmittedScan:
    """A scan that may be pretrained on.

    Attributes:
        volume_ml: None for an unlabelled one.
        looks: its size and hashes.
    """

    scan_id: str
    patient_id: str | None
    path: Path
    volume_ml: float | None
    looks: Looks

    @property
    def seen(self) -> SeenScan:
        """As the record of the encoder names it."""
        facts, labelled = self.looks.facts, self.volume_ml is not None
        return SeenScan(
            scan_id=self.scan_id,
            patient_id=self.patient_id,
            sha256=facts.sha256,
            content_sha256=self.looks.content_sha256,
            is_labelled=labelled,
        )


@dataclass(frozen=True)
class Admission:
    """Who may teach, and who may not, with the reason."""

    scans: tuple[AdmittedScan, ...]
    left_out: tuple[LeftOutScan, ...]

    def require_all(self) -> None:
        """Raise ScanError where any scan was left out."""
        if self.left_out:
            raise ScanError(f"{self.sentence} Remove them, or leave `--strict` out to go on without them.")

    @property
    def sentence(self) -> str:
        """What was left out, and why."""
        named = "; ".join(f"{scan.scan_id!r}: {scan.reason}" for scan in self.left_out[:MOST_NAMED])
        more = f"; and {len(self.left_out) - MOST_NAMED} more" if len(self.left_out) > MOST_NAMED else ""
        return f"{counted(len(self.left_out), 'scan')} may not be pretrained on: {named}{more}."


def admit_unseen(
    training: Sequence[Scan], unlabelled: Sequence[UnlabelledScan], apart: Sequence[Scan], progress: Progress
) -> Admission:
    """Training scans and unlabelled ones, without those that would tell of the scans kept apart.

    Left out are unlabelled scans that cannot be read, scans of a patient kept apart, and scans with the voxels of one
    kept apart or that look like one (mirrored, zoomed or cropped). Of scans with the same voxels the first is taken.

    Args:
        training: of the fold, in the manifest.
        unlabelled: further ones.
        apart: all scans of held-out and locked patients.
        progress: told of each scan.

    Raises:
        ScanError: a scan of the manifest cannot be read.
    """
    held_out = {scan.scan_id: look(scan.path) for scan in watch(apart, "looking at held-out scans", progress)}
    patients = {scan.patient_id for scan in apart}
    contents = {looks.content_sha256: scan_id for scan_id, looks in held_out.items()}
    kept: dict[str, AdmittedScan] = {}
    left_out: list[LeftOutScan] = []
    candidates: list[Scan | UnlabelledScan] = [*training, *unlabelled]
    for scan in watch(candidates, "looking at scans to pretrain on", progress):
        found = _judge(scan, patients, contents)
        if isinstance(found, str):
            left_out.append(_left_out(scan, found))
        else:
            kept.setdefault(found.looks.content_sha256, found)  # an unlabelled file may be a training scan's
    scans = list(kept.values())
    copies = dict(_alike(scans, held_out))
    left_out += [_left_out(scans[n], why) for n, why in copies.items()]
    return Admission(tuple(scan for n, scan in enumerate(scans) if n not in copies), tuple(left_out))


def look(path: Path) -> Looks:
    """Read a scan; once, as long as its content stays.

    Raises:
        ScanError: it cannot be read, or no volume could be learnt from it.
    """
    return _look(path, scan_sha256(path))


@lru_cache(maxsize=REMEMBERED)
def _look(path: Path, sha256: str) -> Looks:
    image = admitted_image(path)
    small = thumbnail(image, THUMBNAIL_SIZE).astype(np.float32)
    return Looks(facts_of(image, sha256), content_sha256(image), small)


def _judge(scan: Scan | UnlabelledScan, patients: set[str], contents: Mapping[str, str]) -> AdmittedScan | str:
    """The scan, or why it is left out. A scan of a patient kept apart is not even read."""
    if scan.patient_id in patients:
        return f"of patient {scan.patient_id!r}, who is held out"
    volume_ml = scan.volume_ml if isinstance(scan, Scan) else None
    try:
        looks = look(scan.path)
    except ScanError as error:
        if volume_ml is not None:
            raise
        return f"cannot be used ({error})"
    if (other := contents.get(looks.content_sha256)) is not None:
        return f"the voxels of held-out scan {other!r}"
    return AdmittedScan(scan.scan_id, scan.patient_id, scan.path, volume_ml, looks)


def _left_out(scan: Scan | UnlabelledScan | AdmittedScan, reason: str) -> LeftOutScan:
    return LeftOutScan(scan_id=scan.scan_id, patient_id=scan.patient_id, reason=reason)


def _alike(kept: Sequence[AdmittedScan], held_out: Mapping[str, Looks]) -> Iterator[tuple[int, str]]:
    """Places of the scans that look like one kept apart, with the reason."""
    names = list(held_out)
    thumbnails = [*(scan.looks.thumbnail for scan in kept), *(held_out[name].thumbnail for name in names)]
    sides = [False] * len(kept) + [True] * len(names)
    for likeness in likenesses(thumbnails, sides):
        candidate, other = sorted((likeness.first, likeness.second))
        if likeness.correlation >= LEAST_CORRELATION:
            name = names[other - len(kept)]
            yield candidate, f"looks like held-out scan {name!r} (textures correlate at {likeness.correlation:.2f})"

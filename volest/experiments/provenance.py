"""What encoders have seen, held against what a fold holds out, as far as is known today."""

from collections.abc import Sequence
from pathlib import Path

from volest.config import Config
from volest.datasets.unlabelled import UnlabelledScan, find_unlabelled
from volest.errors import FoldError, ManifestError, ScanError
from volest.experiments.preparation import PreparedRun
from volest.experiments.unseen import look
from volest.images.formats import scan_sha256
from volest.progress import Progress
from volest.records.encoder import SeenScan, record_of_weights
from volest.records.manifest import Scan
from volest.wording import counted


def kept_apart(run: PreparedRun, fold: int) -> tuple[Scan, ...]:
    """The scans of held-out and locked patients."""
    return run.manifest.of(run.folds.held_out(fold) | run.folds.test)


def require_unseen(weights: Path, run: PreparedRun, fold: int, remedy: str) -> None:
    """Refuse weights whose record names a scan or patient that the fold holds out, as far as is known today.

    Args:
        weights: of an encoder.
        run: with its scans and folds.
        fold: whose held-out patients, as the locked ones, are kept apart.
        remedy: last sentence of the message.

    Raises:
        FoldError: it does.
    """
    if not (seen := seen_by(weights)):
        return
    apart = kept_apart(run, fold)
    patients = {scan.patient_id for scan in apart}
    patient_of = _files_of(patients, run.config) | {look(s.path).content_sha256: s.patient_id for s in apart}
    whose = [(s, patient_of.get(s.content_sha256) or patient_of.get(s.sha256) or s.patient_id) for s in seen]
    leaks = [(scan, patient) for scan, patient in whose if patient in patients]
    if leaks:
        scan, patient = leaks[0]
        raise FoldError(
            f"the encoder {weights} has seen {counted(len(leaks), 'scan')} of patients that fold {fold} holds out, "
            f"such as {scan.scan_id!r} of patient {patient!r}. {remedy}"
        )


def seen_by(weights: Path | None) -> tuple[SeenScan, ...]:
    """What the record of the weights names; nothing is known of weights from elsewhere."""
    record = None if weights is None else record_of_weights(weights)
    return () if record is None else record.scans


def tell_trust(weights: Path, progress: Progress) -> None:
    """Say what no record says of the scans that weights have seen."""
    record = record_of_weights(weights)
    if record is None:
        progress.tell(
            f"model.encoder_weights {weights}: nothing tells which scans they have seen; that none is of a held-out "
            "patient is taken on trust."
        )
    elif nameless := sum(scan.patient_id is None for scan in record.scans):
        progress.tell(
            f"model.encoder_weights {weights}: nobody told the patient of {counted(nameless, 'scan')} that they have "
            "seen; that none is of a held-out patient is taken on trust, but for copies of the same voxels."
        )


def _files_of(patients: set[str], config: Config) -> dict[str, str]:
    """Hashes of the unlabelled scans of these patients, who may have been told since the pretraining; with whose."""
    try:
        unlabelled = unlabelled_scans(config)
    except (ManifestError, ScanError):  # moved away since, as a finished encoder needs them no more
        return {}
    return {scan_sha256(s.path): s.patient_id for s in unlabelled if s.patient_id in patients and s.path.exists()}


def unlabelled_scans(config: Config) -> Sequence[UnlabelledScan]:
    """Those of data.unlabelled; none where it is not set.

    Raises:
        ManifestError, ScanError: as `find_unlabelled`.
    """
    return () if config.data.unlabelled is None else find_unlabelled(config.data.unlabelled)

"""Volumes of files that a run has never seen, as many as there are: they pass one by one."""

import glob
import hashlib
import math
import os
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from volest import __version__
from volest.datasets.admission import admitted_image
from volest.errors import RunError, ScanError
from volest.evaluation.conformal.estimates import Intervals, intervals_of
from volest.images.formats import find_scans, scan_sha256
from volest.inference.earlier_volumes import follow_ups_of
from volest.inference.ensemble import Ensemble, Sight, load_ensemble
from volest.inference.flags import CUT_OFF, OWN_SCAN
from volest.inference.follow_ups import FollowUps
from volest.inference.read_ahead import read_ahead
from volest.progress import Progress
from volest.records.estimate_journal import EstimateJournal, Work, estimate_journal
from volest.records.estimates import Estimate, EstimateRow
from volest.records.manifest import file_sha256, read_manifest
from volest.records.run import RunDirectory
from volest.wording import counted

NOTHING_IS_UNLIKE = (
    "No scan is called unlike the training scans, as nothing tells how those look: reference.safetensors or "
    "novelty.csv of a fold is not there, or no scan was held out."
)

Elsewhere = Callable[[RunDirectory, Sequence[Path], EstimateJournal, Progress], None]
"""Adds the rows of all scans that a journal does not hold yet, with the networks of a run at work on other machines."""


class Predicted:
    """A row a scan, in the order asked for, read anew each time: no memory grows with their number.

    Of earlier volumes and scans, that `follow_ups` knows, some numbers each are held.

    A scan that cannot be read or cannot be right has the reason in place of an estimate.

    Attributes:
        intervals: what the run can say of its errors.
        follow_ups: what it makes of earlier volumes; None where it was told of none.
        remarks: what it cannot say, in sentences.
    """

    def __init__(
        self,
        said: Iterable[EstimateRow],
        intervals: Intervals,
        refuse: bool,
        reservation: str = "",
        follow_ups: FollowUps | None = None,
    ) -> None:
        self.intervals = intervals
        self.follow_ups = follow_ups
        absence = f"No intervals: {intervals.absence}" if intervals.absence else ""
        of_earlier = follow_ups.remarks if follow_ups else ()
        self.remarks = tuple(remark for remark in (absence, *of_earlier, reservation) if remark)
        self._said = said
        self._refuse = refuse

    def __iter__(self) -> Iterator[EstimateRow]:
        """What the networks said, with its interval, and without the number where it is refused."""
        for row in self._said:
            [beside] = self.intervals.beside([row])
            if self.follow_ups:
                beside = self.follow_ups.beside(beside)
            yield _refused(beside) if self._refuse else beside


@contextmanager
def predicting(
    run: RunDirectory,
    scans: Iterable[str],
    progress: Progress,
    level: float | None = None,
    refuse: bool = False,
    out: Path | None = None,
    elsewhere: Elsewhere | None = None,
    earlier: Path | None = None,
) -> Iterator[Predicted]:
    """Estimate the volume in each scan with the run's finished folds.

    While the networks are at work on a scan the next ones are read. Each row is on disk before the next is made, beside
    `out`; the same call after an interruption goes on from there.

    Args:
        run: where the folds were trained.
        scans: files, folders (searched below) and glob patterns.
        progress: told of each scan.
        level: of the intervals; None takes the run's own.
        refuse: leave out the volumes of scans that are unlike the training scans.
        out: the table that the caller will write of the rows; None where nothing is to be kept.
        elsewhere: estimates the scans; None does so here.
        earlier: a table of the patients' earlier volumes; None where nothing is known of them.

    Raises:
        ConfigError: `level` is no share between 0 and 1.
        RunError: the run has no finished fold, or no interval of such a level, or `refuse` and it does not know how its
            training scans look, or `earlier` and it cannot use the table, or has no interval of such a level for that;
            or an interrupted work beside `out` is another one.
        ScanError: nothing found.
    """
    intervals = intervals_of(run, level)
    asked = expand(scans)
    ensemble = load_ensemble(run)
    if refuse and ensemble.familiarity is None:
        raise RunError(
            f"--refuse: run {run.path} has not recorded how its training scans look (reference.safetensors and "
            "novelty.csv of each fold), or its folds held no scan out. Copy what is missing, train it again with this "
            "version, or leave `--refuse` out."
        )
    follow_ups = follow_ups_of(run, earlier, asked, intervals, level is not None, progress) if earlier else None
    before = follow_ups.to_see(asked) if follow_ups else []
    paths = [*before, *asked]
    with (
        tempfile.TemporaryDirectory(prefix="volest-") as nowhere,
        estimate_journal(out or Path(nowhere) / "volumes", _work(run, paths)) as journal,
    ):
        if elsewhere is None:
            _go_on(_predictor(run, ensemble), paths, journal, progress)
        else:
            elsewhere(run, paths, journal, progress)
        known = ensemble.familiarity
        reservation = known.reservation if known else NOTHING_IS_UNLIKE
        if follow_ups:
            follow_ups = follow_ups.having_seen(zip(paths, journal, strict=True))
        yield Predicted(_Rows(journal, len(before)), intervals, refuse, reservation, follow_ups)


@dataclass(frozen=True)
class _Rows:
    """Those of a journal from `first` on, read anew each time."""

    journal: EstimateJournal
    first: int

    def __iter__(self) -> Iterator[EstimateRow]:
        return islice(self.journal, self.first, None)


def _go_on(predictor: "_Predictor", paths: Sequence[Path], journal: EstimateJournal, progress: Progress) -> None:
    """Predict the scans that neither the journal nor a shard beside it holds yet."""
    nothing = len(paths), len(paths)
    with progress.task(f"predicting {counted(len(paths), 'scan')}", len(paths), journal.done) as step:
        for first, end in (*journal.ended_shards(), nothing):
            with closing(predictor.rows(paths[journal.done : first])) as rows:
                for row in rows:
                    journal.append(row)
                    step()
            for _ in range(journal.take_up(first, end)):
                step()


def predict_part(run: RunDirectory, paths: Sequence[Path], table: Path, progress: Progress) -> None:
    """Estimate some of many scans and leave their rows at `table`, to be joined with others.

    The same call after an interruption goes on from the journal beside `table`.

    Raises:
        RunError: the run has no finished fold, or the journal is that of another work or in use.
    """
    with estimate_journal(table, _work(run, paths)) as journal:
        _go_on(_predictor(run, load_ensemble(run)), paths, journal, progress)
        journal.keep(table)


def _predictor(run: RunDirectory, ensemble: Ensemble) -> "_Predictor":
    own = {scan.sha256 for scan in read_manifest(run.manifest)} if run.manifest.exists() else set()
    return _Predictor(ensemble, own)


@dataclass(frozen=True)
class _Predictor:
    """Makes the row of a scan.

    Attributes:
        own: SHA-256 of the run's own scans.
    """

    ensemble: Ensemble
    own: set[str | None]

    def rows(self, paths: Sequence[Path]) -> Generator[EstimateRow]:
        """A row each, in their order."""
        with closing(read_ahead(self._see, paths)) as seen:
            for path, what in zip(paths, seen, strict=True):
                name = os.fsencode(path).decode(errors="replace")  # names are bytes, and need be no text
                yield EstimateRow(name, None, what) if isinstance(what, str) else self._row(name, *what)

    def _see(self, path: Path) -> tuple[Sight, bool] | str:
        """The scan, and whether it is one of the run's own; or why it cannot be used."""
        try:
            return self.ensemble.see(admitted_image(path)), scan_sha256(path) in self.own
        except ScanError as error:
            return str(error)
        except OSError as error:
            return f"scan {path} cannot be read: {error.strerror or error}."

    def _row(self, name: str, sight: Sight, is_own: bool) -> EstimateRow:
        estimate = self.ensemble.judge(sight.image, self.ensemble.measure(sight))
        if not math.isfinite(estimate.volume_ml):
            return EstimateRow(name, None, self._no_number(estimate))
        return EstimateRow(name, estimate.flagged(OWN_SCAN) if is_own else estimate)

    def _no_number(self, estimate: Estimate) -> str:
        folds = zip(self.ensemble.models, estimate.folds_ml, strict=True)
        lost = ", ".join(str(model.record.fold) for model, volume_ml in folds if not math.isfinite(volume_ml))
        return f"no finite number for this scan from fold {lost}: see `volest diagnose`, and train that again"


def _refused(row: EstimateRow) -> EstimateRow:
    """The same, without the number where the scan is unlike the training scans."""
    if row.estimate is None or not row.estimate.unlike:
        return row
    reasons = (CUT_OFF, row.estimate.unlike) if row.estimate.is_cut else (row.estimate.unlike,)
    return EstimateRow(row.path, None, "; ".join(reasons))


def _work(run: RunDirectory, paths: Sequence[Path]) -> Work:
    """By what an interrupted work is known again."""
    folds = [run.fold(number) for number in run.finished_folds()]
    files = [file for fold in folds for file in (fold.model_json, fold.weights, fold.reference, fold.novelty)]
    return Work(
        volest_version=__version__,
        run_sha256=file_sha256(*(file for file in (*files, run.config, run.manifest) if file.exists())),
        scans_sha256=hashlib.sha256(os.fsencode("\0".join(map(str, paths)))).hexdigest(),
    )


def expand(scans: Iterable[str]) -> list[Path]:
    """Files behind names of files, folders and patterns, each once, in the order given.

    Raises:
        ScanError: a name behind which there is no scan.
    """
    found: dict[Path, None] = {}
    for name in scans:
        path = Path(name)
        if path.is_dir():
            paths = find_scans(path)
        elif path.exists():
            paths = [path]
        else:
            paths = [Path(match) for match in sorted(glob.glob(name, recursive=True))]  # noqa: PTH207 (patterns may be absolute)
        if not paths:
            raise ScanError(f"no scan at {name!r}: expected a file, a folder that holds scans, or a pattern in quotes.")
        found.update(dict.fromkeys(paths))
    return list(found)

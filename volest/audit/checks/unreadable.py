"""VOL001, VOL009: files that cannot be read, or are not those that were indexed."""

from collections.abc import Iterator, Sequence

from volest.audit.codes import CHANGED, UNREADABLE
from volest.audit.measures import ScanMeasures
from volest.datasets.soundness import changed_file
from volest.records.findings import Finding


def check_files(measures: Sequence[ScanMeasures]) -> Iterator[Finding]:
    """Each scan that its reader refuses, in the reader's words, and each that has changed."""
    for scan in measures:
        if scan.fault is not None:
            yield UNREADABLE.finding(f"The reader refuses it: {scan.fault}", [scan.scan])
        elif scan.facts is not None and (fault := changed_file(scan.scan.sha256, scan.facts.sha256)):
            yield CHANGED.finding(fault.sentence, [scan.scan])

"""The manifest, the folds, and the headers of a sample of scans."""

from collections import Counter
from typing import TYPE_CHECKING

from volest.experiments.doctor.verdict import Check, Outcome, ok, skipped
from volest.experiments.doctor.wording import edges

if TYPE_CHECKING:
    from volest.experiments.doctor.subject import Subject


def check_scans(subject: "Subject") -> Outcome:
    """Read what a training would read first.

    Raises:
        ManifestError, FoldError, ScanError, ConfigError: the data cannot be used.
    """
    if subject.is_without_data:
        return skipped(
            "no manifest", "Make one with `volest index DIR --labels TABLE`, or name it: `--set data.manifest=FILE`."
        )
    manifest, facts, grid = subject.manifest, subject.facts, subject.grid
    shapes = Counter(one.shape for one in facts.values())
    commonest, count = shapes.most_common(1)[0]
    steps = sorted({f"{step:.3g}" for one in facts.values() for step in one.spacing_mm}, key=float)
    spacing = f"{grid.spacing_mm:g} mm" if grid.spacing_mm else "stretched"
    return ok(
        f"{len(facts)} of {len(manifest)} headers, {len(manifest.patients)} patients, {subject.folds.count} folds; "
        f"{edges(commonest)} ({count} of {len(facts)}), {' to '.join(dict.fromkeys((steps[0], steps[-1])))} mm; "
        f"grid {edges(grid.shape)}, {spacing}",
        "Their content is checked by `volest check`.",
    )


SCANS = Check("scans", check_scans, limit_s=30)

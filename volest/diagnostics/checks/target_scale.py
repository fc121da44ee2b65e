"""VOL115: the network was asked for a target far from 0 and 1."""

from collections.abc import Iterator

import numpy as np

from volest.config.diagnosis import DiagnosisConfig
from volest.diagnostics.run_records import RunRecords
from volest.diagnostics.targets import quantities
from volest.diagnostics.verdict import Fault, Verdict
from volest.diagnostics.wording import number, of_folds
from volest.records.findings import Severity

FAULT = Fault("VOL115", "target is not standardised", (Severity.ERROR,))


def check(run: RunRecords, thresholds: DiagnosisConfig, rng: np.random.Generator) -> Iterator[Verdict]:
    """Mean and SD of the targets of each fold's training scans, as model.json scales them."""
    moments = {}
    for fold, model in run.models.items():
        known = quantities(run.training_scans(fold), model.target.kind, run.headers)
        if known is not None and len(known) > 1 and model.target.sd > 0:
            scaled = (known - model.target.mean) / model.target.sd
            moments[fold] = (float(scaled.mean()), float(scaled.std()))
    if not moments:
        yield FAULT.not_applicable("model.json, manifest.csv and folds.csv (for fractions headers.csv too) are needed")
        return
    off = [fold for fold, (mean, sd) in moments.items() if _is_off(mean, sd, thresholds.target_offset_sd)]
    if not off:
        yield FAULT.passed("the targets of training scans have mean 0 and SD 1, nearly, in every fold")
        return
    mean, sd = moments[off[0]]
    yield FAULT.found(
        Severity.ERROR,
        f"The network of fold {off[0]} was asked for targets with mean {number(mean)} and SD {number(sd)}, where 0 and "
        f"1 are learnt fastest (so it is in {of_folds(off)}).",
        "volest standardises by itself: model.json was edited, or written by other code. Train again with "
        "`volest train --fold K --restart`.",
        {f"fold_{k}_{name}": moments[k][place] for k in off for place, name in enumerate(("mean", "sd"))},
    )


def _is_off(mean: float, sd: float, most: float) -> bool:
    return bool(abs(mean) > most or (sd > 0 and abs(np.log2(sd)) > most))

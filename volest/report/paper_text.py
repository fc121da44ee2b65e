"""How to describe the run in a paper: text filled from its records, by the items of two checklists.

CLAIM: Mongan, Moy & Kahn 2020, Radiology: Artificial Intelligence 2:e200029. TRIPOD+AI: Collins et al. 2024, BMJ
385:e078378. What volest cannot know stands between double square brackets, and the page marks it.
"""

from dataclasses import dataclass

from volest import __version__
from volest.config import Config
from volest.config.augmentation import INTENSITY, AugmentationConfig
from volest.records.evaluation import Evaluation
from volest.records.findings import Severity
from volest.report.figure_text import value, with_interval
from volest.report.figures import millilitres
from volest.report.plots.rows import BASELINES
from volest.report.reading import ReportedRun
from volest.wording import counted

TARGETS = {
    "log_ml": "the logarithm of the volume in mL",
    "ml": "the volume in mL",
    "log_fraction": "the logarithm of the fraction of the field of view",
    "fraction": "the fraction of the field of view",
}

OPTIMIZERS = {"adamw": "AdamW", "adam": "Adam", "sgd": "SGD with Nesterov momentum 0.9"}
SCHEDULES = {
    "cosine": "a cosine decay",
    "linear": "a linear decay",
    "step": "a tenfold decay after half and after three quarters of the steps",
    "constant": "no decay",
}
MASK_LOSSES = {"cross_entropy": "cross-entropy", "dice_cross_entropy": "cross-entropy and soft Dice"}


@dataclass(frozen=True)
class Paragraph:
    """Text under a heading.

    Attributes:
        items: of the checklists that it answers.
        text: `[[...]]` is what the author must fill in.
    """

    heading: str
    items: str
    text: str


def paragraphs(run: ReportedRun) -> list[Paragraph]:
    """Those for which the run has records."""
    parts: list[Paragraph | None] = [_data(run), _reference()]
    if config := run.records.config:
        parts += [_partitions(run, config), _preprocessing(run, config), _augmentation(config.augmentation)]
        parts += [_network(config), _training(config), _software(run)]
    if run.evaluation:
        parts += [_evaluation(run, run.evaluation), _results(run.evaluation), _failures(run)]
    parts.append(_limitations(run))
    return [part for part in parts if part is not None]


def _data(run: ReportedRun) -> Paragraph:
    scans = list(run.records.scans.values())
    told = "[[Source of the data, centres, dates, inclusion and exclusion criteria, ethics approval.]] "
    if scans:
        volumes_ml = [scan.volume_ml for scan in scans]
        told += (
            f"{counted(len(scans), 'three-dimensional ultrasound scan')} of "
            f"{counted(len({scan.patient_id for scan in scans}), 'patient')} were used; reference volumes were "
            f"{millilitres(min(volumes_ml))} to {millilitres(max(volumes_ml))} mL. "
        )
    told += "[[Scanner, probe, acquisition protocol; de-identification; scans left out and why; sample size.]]"
    return Paragraph("Data", "CLAIM 7, 8, 12, 13, 19, 33, 34; TRIPOD+AI 5a, 5b, 6a, 6b, 10, 11, 17, 20a, 20b", told)


def _reference() -> Paragraph:
    return Paragraph(
        "Reference standard",
        "CLAIM 14 to 18; TRIPOD+AI 8a to 8c",
        "The reference was the volume of [[structure]] in millilitres, measured by [[whom, with what tool, how "
        "often]]. [[Variability within and between readers; whether readers were blind to the prediction.]]",
    )


def _partitions(run: ReportedRun, config: Config) -> Paragraph:
    parts = {part for _, part in run.records.fold_rows if part.isdecimal()}
    held = "leave-one-patient-out" if config.split.leave_one_patient_out else f"{len(parts) or config.split.folds}-fold"
    made = (
        "Parts were given by a table." if config.data.folds
        else "Parts were drawn so that volume and number of scans are balanced over them."
    )  # fmt: skip
    test = (
        f" {config.split.test_fraction:.0%} of the patients were locked away as a test set before any training."
        if config.split.test_fraction
        else ""
    )
    return Paragraph(
        "Partitions",
        "CLAIM 20, 21; TRIPOD+AI 12a",
        f"Errors were estimated by {held} cross-validation. All scans of a patient stood in one part (disjoint at the "
        f"level of patients). {made}{test} Every fitted quantity (raster, target scaling) was fitted on the training "
        f"patients of the fold alone. Random seed {config.seed}.",
    )


def _preprocessing(run: ReportedRun, config: Config) -> Paragraph:
    grids = {model.grid for model in run.records.models.values()}
    low, high = config.preprocessing.clip_percentiles
    spacings = sorted({f"{grid.spacing_mm:g}" for grid in grids if grid.spacing_mm})
    shapes = sorted({" x ".join(map(str, grid.shape)) for grid in grids})
    if config.preprocessing.fit == "physical":
        to = f"to isotropic voxels of {' or '.join(spacings)} mm" if spacings else "to isotropic voxels"
        told = f"Scans were resampled {to} and padded"
    else:
        told = "Each scan was stretched"
    told += f" to {' or '.join(shapes)} voxels" if shapes else " to one raster"
    return Paragraph(
        "Preprocessing",
        "CLAIM 9; TRIPOD+AI 7, 9a",
        f"{told}. Intensities were clipped to percentiles {low:g} and {high:g} of the scanned field and mapped to [0, "
        "1].",
    )


def _augmentation(config: AugmentationConfig) -> Paragraph:
    items = "CLAIM 25; TRIPOD+AI 12c"
    if not config.enabled:
        return Paragraph("Augmentation", items, "Training scans were not augmented.")
    active = {name: s for name, s in config if getattr(s, "probability", 0) > 0}
    spatial = ", ".join(_transform(name, s) for name, s in active.items() if name not in INTENSITY)
    grey = ", ".join(_transform(name, s) for name, s in active.items() if name in INTENSITY)
    follow = (
        "The reference of an augmented scan was multiplied by the volume factor of the transform that was drawn."
        if config.follow
        else "References were not adapted to transforms that change the volume."
    )
    drawn = (
        "Every time a training scan was read, transforms were drawn anew"
        if config.copies is None
        else f"Of each training scan {config.copies} versions were drawn"
    )
    told = f"{drawn}: {spatial or 'no spatial one'}"
    return Paragraph("Augmentation", items, f"{told}; {grey or 'none of grey levels'}. {follow}")


def _transform(name: str, settings: object) -> str:
    told = ", ".join(f"{key} {_plain(v)}" for key, v in settings if key != "probability")  # type: ignore[attr-defined]
    chance = settings.probability  # type: ignore[attr-defined]
    return f"{name.replace('_', ' ')} ({told}{'' if chance == 1 else f'; probability {chance:g}'})"


def _plain(setting: object) -> str:
    return " to ".join(map(str, setting)) if isinstance(setting, tuple) else str(setting)


def _network(config: Config) -> Paragraph:
    model = config.model
    shape = (
        f" with channels {', '.join(map(str, model.widths))} and {model.norm} norm" if model.name == "resnet" else ""
    )
    drop = f", dropout {model.dropout:g}" if model.dropout else ""
    first = "published weights" if model.pretrained or model.encoder_weights else "random weights"
    physical = config.preprocessing.fit == "physical"
    kind = config.training.target
    target = TARGETS[("log_ml" if physical else "log_fraction") if kind == "auto" else kind]
    mask = (
        " A second head drew the structure, taught by the masks of training scans "
        f"({MASK_LOSSES[config.training.mask_loss]}); the prediction weighed the volume of its map by "
        f"{model.drawn_share:g} and the regressed one by {1 - model.drawn_share:g}."
        if model.mask_head
        else ""
    )
    several = f" Each fold averaged {model.members} networks of other first weights." if model.members > 1 else ""
    return Paragraph(
        "Network",
        "CLAIM 22, 24, 27; TRIPOD+AI 12c, 15, 22",
        f"A three-dimensional convolutional network ({model.name}){shape}{drop} started from {first} and predicted "
        f"{target}, standardised on the training patients.{mask}{several}",
    )


def _training(config: Config) -> Paragraph:
    t = config.training
    ema = f", exponential moving average of the weights {t.ema_decay:g}" if t.ema_decay else ""
    recalibrated = (
        " Predictions were recalibrated in the large: the mean residual on the training scans, in the unit that was "
        "learnt, was added."
        if t.recalibrate
        else ""
    )
    views = f" A prediction is the mean over {t.views} moved views of a scan." if t.views > 1 else ""
    return Paragraph(
        "Training",
        "CLAIM 25, 26; TRIPOD+AI 12c",
        f"{OPTIMIZERS[t.optimizer]}, learning rate {t.learning_rate:g} with a linear warm-up of {t.warmup_epochs:g} "
        f"epochs and then {SCHEDULES[t.schedule]}, weight decay {t.weight_decay:g}, {t.loss} loss, {t.epochs} epochs, "
        f"batches of {t.batch_size * t.accumulate}{ema}. The schedule was fixed beforehand: the weights of the last "
        f"epoch were kept, and the held-out patients chose nothing.{recalibrated}{views} [[How these settings were "
        "chosen, and on which patients.]]",
    )


def _software(run: ReportedRun) -> Paragraph:
    versions = run.environment.get("versions") or {}
    names = [f"volest {versions.get('volest') or __version__}"]
    if commit := run.environment.get("git_commit"):
        names[0] += f" (commit {str(commit)[:10]})"
    if python := run.environment.get("python"):
        names.append(f"Python {python}")
    names += [f"{name} {number}" for name, number in versions.items() if number and name != "volest"]
    told = f"{', '.join(names)}. [[Where code, weights and data can be had.]]"
    return Paragraph("Software", "CLAIM 23; TRIPOD+AI 18e, 18f", told)


def _evaluation(run: ReportedRun, evaluation: Evaluation) -> Paragraph:
    beside = ", ".join(BASELINES.get(row.against, row.against) for row in run.baselines)
    compared = (
        f" Networks were compared with baselines ({beside}) by the paired difference of mean absolute errors and "
        "Wilcoxon's signed-rank test over patients, corrected after Holm."
        if beside
        else ""
    )
    return Paragraph(
        "Evaluation",
        "CLAIM 28, 29; TRIPOD+AI 12e, 12g",
        "Predictions of held-out scans were pooled over the folds. Agreement was described by mean absolute and "
        "percentage error, bias and 95% limits of agreement for several scans per patient (Bland & Altman 2007), "
        "Lin's concordance and intraclass correlation; calibration by the regression of reference on prediction. "
        f"Intervals of {evaluation.level:.0%} were taken over patients: BCa bootstrap with {evaluation.draws} draws "
        f"of patients with all their scans; for the limits of agreement, variance recovery.{compared}",
    )


def _results(evaluation: Evaluation) -> Paragraph:
    s = evaluation.overall
    return Paragraph(
        "Results",
        "CLAIM 35, 36; TRIPOD+AI 21, 23a",
        f"Over {counted(s.n_scans, 'held-out scan')} of {counted(s.n_patients, 'patient')} the mean absolute error was "
        f"{with_interval(s.mae_ml, 1, ' mL')}, the mean absolute percentage error "
        f"{with_interval(s.mape_percent, 1, '%')}, the bias {with_interval(s.limits_ml.bias, 1, ' mL')} with limits "
        f"of agreement {with_interval(s.limits_ml.lower, 1, ' mL')} and {with_interval(s.limits_ml.upper, 1, ' mL')}; "
        f"concordance {with_interval(s.ccc, 2)}, calibration slope {with_interval(s.calibration_slope, 2)}; "
        f"{value(s.within_10_percent, 0, '%')} of the scans lay within 10% of the reference and "
        f"{value(s.within_20_percent, 0, '%')} within 20%.",
    )


def _failures(run: ReportedRun) -> Paragraph | None:
    if not run.scans:
        return None
    largest = max(run.scans, key=lambda scan: abs(scan.error_ml))
    return Paragraph(
        "Failure analysis",
        "CLAIM 30, 37; TRIPOD+AI 14, 23b",
        f"The largest error was {abs(largest.error_ml):.1f} mL (scan {largest.scan_id}, reference "
        f"{millilitres(largest.reference_ml)} mL, predicted {millilitres(largest.predicted_ml)} mL). [[What the worst "
        "scans have in common; errors by sex, age, diagnosis, device.]]",
    )


def _limitations(run: ReportedRun) -> Paragraph:
    wrong = [f for f in run.diagnosis.findings if f.severity is not Severity.NOTE]
    told = " ".join(f.sentence for f in wrong[:4])
    remarks = " ".join(run.evaluation.remarks) if run.evaluation else ""
    return Paragraph(
        "Limitations",
        "CLAIM 32, 38, 39; TRIPOD+AI 16, 26, 27c",
        " ".join(
            part
            for part in (
                "Validation was internal: the same source of data, no other scanner or hospital.",
                "Settings that were chosen while looking at held-out errors make these errors optimistic.",
                remarks, told, "[[Intended use; external validation; registration; funding.]]",
            )
            if part
        ),
    )  # fmt: skip

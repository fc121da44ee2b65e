"""What the controls say: codes VOL2xx."""

from volest.diagnostics.verdict import Fault, Verdict
from volest.diagnostics.wording import number
from volest.experiments.controls.skill import Skill
from volest.experiments.one_batch import Course
from volest.records.findings import Severity

PERMUTED = Fault("VOL201", "skill from permuted labels: a leak", (Severity.ERROR,))
ONE_BATCH = Fault("VOL202", "one batch cannot be learnt by heart", (Severity.ERROR, Severity.WARNING))
SHUFFLED = Fault("VOL203", "skill without structure: grey levels are enough", (Severity.WARNING,))
FIELD_OF_VIEW = Fault("VOL204", "skill without an image: the field of view is enough", (Severity.WARNING,))

LEARNT = 50.0
"""By which the loss on one batch has to fall to have come near zero."""

LEAST = 1.5
"""Below it nothing is learnt."""


def judge_permuted(permuted: list[Skill], unchanged: Skill, how: str) -> Verdict:
    """An error where every permutation that was tried shows skill on true references."""
    told = f"trained on labels permuted between patients, held-out error {permuted[-1]}; unchanged {unchanged} ({how})"
    if permuted[-1].interval is None:
        return PERMUTED.not_applicable(f"{told}: too few held-out patients for an interval")
    if all(skill.shown for skill in permuted):
        return PERMUTED.found(
            Severity.ERROR,
            f"Labels that belong to other patients still predict held-out scans, in {len(permuted)} of {len(permuted)} "
            f"permutations: {told}. What is judged reaches the training by another way than its labels.",
            "Find the leak: one patient under two names (`volest check`, VOL042), references within the images, "
            "changed code that fits or chooses anything on held-out scans. Trust no number of this run until then.",
            {"mae_ml": permuted[-1].mae_ml, "blind_mae_ml": permuted[-1].blind_mae_ml, "permutations": len(permuted)},
        )
    if not unchanged.shown:
        return PERMUTED.not_applicable(f"{told}: so short a training shows no skill with true labels either")
    return PERMUTED.passed(told)


def judge_one_batch(course: Course, scans: int, how: str) -> Verdict:
    """The loss has to come near zero."""
    last = sum(course.losses[-3:]) / 3
    loss = f"the loss went from {course.losses[0]:.3g} to {last:.2g} in {len(course.losses)} steps"
    told = f"on {scans} training scans {loss} ({how})"
    if course.factor >= LEARNT:
        return ONE_BATCH.passed(told)
    return ONE_BATCH.found(
        Severity.ERROR if course.factor < LEAST else Severity.WARNING,
        f"The network does not learn a single batch by heart: {told}; expected a fall by {LEARNT:g}. It will not learn "
        "from many what it cannot learn from few.",
        "Run `volest doctor`; then try, one at a time, training.learning_rate 3 times higher and lower, "
        "training.weight_decay: 0, model.name: resnet.",
        {"first_loss": course.losses[0], "last_loss": last, "steps": len(course.losses)},
    )


def judge_remainder(
    fault: Fault, what: str, source: str, remedy: str, left: Skill, unchanged: Skill, how: str
) -> Verdict:
    """Skill that is left when the structure is gone came from elsewhere."""
    told = f"{what}, held-out error {left}; unchanged {unchanged} ({how})"
    if left.interval is None:
        return fault.not_applicable(f"{told}: too few held-out patients for an interval")
    if not left.shown:
        if unchanged.shown:
            return fault.passed(told)
        return fault.not_applicable(f"{told}: so short a training shows no skill on unchanged scans either")
    share = left.share_of(unchanged)
    gain = f"{number(share)}% of the gain on unchanged scans" if unchanged.shown else "more than on unchanged scans"
    return fault.found(
        Severity.WARNING,
        f"Skill is left without any structure to measure: {told}. It comes from {source}: {gain}.",
        remedy,
        {"mae_ml": left.mae_ml, "blind_mae_ml": left.blind_mae_ml, "share_percent": share},
    )

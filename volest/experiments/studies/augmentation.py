"""Which transforms of the training scans help: each left out in turn."""

from volest.config.augmentation import AugmentationConfig
from volest.experiments.preparation import PreparedRun
from volest.experiments.studies.definition import Arm, Preset, Study, shortened

QUICK_EPOCHS, QUICK_FOLDS = 40, 3


def augmentation_study(whole: PreparedRun, preset: Preset) -> Study:
    """All transforms of the recipe; without each of them; with labels that do not follow; with none."""
    quick, augmentation = preset == "quick", whole.config.augmentation
    shared = shortened(whole.config.training.epochs, QUICK_EPOCHS if quick else None)
    arms = [Arm("all transforms", {**shared, "augmentation.enabled": True, "augmentation.follow": True})]
    arms += [
        Arm(f"without {name}", {**shared, f"augmentation.{name}.probability": 0.0}) for name in drawn(augmentation)
    ]
    arms += [
        Arm("labels do not follow", {**shared, "augmentation.follow": False}),
        Arm("no augmentation", {**shared, "augmentation.enabled": False}),
    ]
    return Study(
        name="augmentation",
        question="Which transforms of the training scans help, and must labels follow them?",
        arms=arms,
        against="all transforms",
        seeds=1 if quick else 3,
        folds=QUICK_FOLDS if quick else None,
        notes=("A transform whose loss makes the error larger is one that helps.",),
    )


def drawn(augmentation: AugmentationConfig) -> list[str]:
    """Names of the transforms that have a probability."""
    return [
        name for name in AugmentationConfig.model_fields if getattr(getattr(augmentation, name), "probability", 0.0) > 0
    ]

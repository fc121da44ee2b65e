"""Who applies what was drawn."""

from volest.augmentation.pipeline import AugmentationPipeline
from volest.config.augmentation import AugmentationConfig


def build_augmentation(config: AugmentationConfig) -> AugmentationPipeline:
    """The pipeline that `backend` names; torchio is imported only where it is asked for."""
    if config.backend == "torchio":
        from volest.augmentation.torchio_pipeline import TorchioPipeline

        return TorchioPipeline(config)
    return AugmentationPipeline(config)

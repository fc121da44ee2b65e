"""One draw of the whole pipeline."""

from dataclasses import dataclass

from volest.augmentation.anisotropy import AnisotropyParameters
from volest.augmentation.blur import BlurParameters
from volest.augmentation.depth_gain import DepthGainParameters
from volest.augmentation.elastic import ElasticParameters
from volest.augmentation.fan_crop import FanCropParameters
from volest.augmentation.flip import FlipParameters
from volest.augmentation.gamma import GammaParameters
from volest.augmentation.noise import NoiseParameters
from volest.augmentation.rotation import RotationParameters
from volest.augmentation.shadow import ShadowParameters
from volest.augmentation.speckle import SpeckleParameters
from volest.augmentation.translation import TranslationParameters
from volest.augmentation.zoom import ZoomParameters


@dataclass(frozen=True)
class Drawn:
    """Every parameter drawn for one scan in one epoch, in the order of application; None where a transform sat out.

    It prints, compares and pickles; applied again to the same voxels it gives the same voxels, bit for bit.
    """

    flip: FlipParameters | None = None
    rotation: RotationParameters | None = None
    translation: TranslationParameters | None = None
    zoom: ZoomParameters | None = None
    elastic: ElasticParameters | None = None
    anisotropy: AnisotropyParameters | None = None
    fan_crop: FanCropParameters | None = None
    blur: BlurParameters | None = None
    speckle: SpeckleParameters | None = None
    shadow: ShadowParameters | None = None
    depth_gain: DepthGainParameters | None = None
    gamma: GammaParameters | None = None
    noise: NoiseParameters | None = None

    @property
    def moves(self) -> bool:
        """Whether the scan has to be resampled along a map."""
        return any(part is not None for part in (self.flip, self.rotation, self.translation, self.zoom, self.elastic))

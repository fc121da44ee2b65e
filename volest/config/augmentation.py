"""What the training scans go through: one section a transform, each with the probability that it is drawn."""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field, field_validator

from volest.config.frozen import Frozen, Range

Probability = Annotated[float, Field(ge=0, le=1)]
Axis = Literal["i", "j", "k"]


class Flip(Frozen):
    """Mirror each of `axes` by a coin of its own. i, j, k run nearest to right, anterior, superior."""

    probability: Probability = 0.5
    axes: tuple[Axis, ...] = ("i",)

    @field_validator("axes")
    @classmethod
    def _each_once(cls, axes: tuple[Axis, ...]) -> tuple[Axis, ...]:
        if len(set(axes)) < len(axes):
            raise ValueError("expected each axis once")
        return axes


class Rotation(Frozen):
    """Rotation about each axis, uniform in +-`degrees`."""

    probability: Probability = 1.0
    degrees: float = Field(default=10.0, ge=0, le=180)


class Translation(Frozen):
    """Shift along each axis, uniform in +-`fraction` of the field of view."""

    probability: Probability = 1.0
    fraction: float = Field(default=0.06, ge=0, lt=0.5)


class Zoom(Frozen):
    """Scaling: a common factor and a factor per axis, both log-uniform between 1/x and x. The target follows."""

    probability: Probability = 1.0
    isotropic: float = Field(default=1.2, ge=1, le=3)
    per_axis: float = Field(default=1.1, ge=1, le=2)


class Elastic(Frozen):
    """Smooth deformation, free of divergence so that volume is kept everywhere.

    The bounds are those within which the volume of a structure has been proved to stay within 2%.
    """

    probability: Probability = 0.2
    control_points: int = Field(default=10, ge=10, le=12, description="of the spline along each axis")
    displacement: float = Field(default=0.04, ge=0, le=0.05, description="largest, as a fraction of the field of view")


class Anisotropy(Frozen):
    """One axis sampled more coarsely by `downsampling` and back, as a sparser sweep would."""

    probability: Probability = 0.1
    downsampling: Range = (1.5, 3.0)


class Blur(Frozen):
    """Gaussian blur of `sd_voxels`."""

    probability: Probability = 0.1
    sd_voxels: Range = (0.3, 1.0)


class Gamma(Frozen):
    """Intensities in [0, 1] raised to a power whose logarithm is uniform in +-`log_gamma`."""

    probability: Probability = 0.8
    log_gamma: float = Field(default=0.4, ge=0)


class Noise(Frozen):
    """Additive Gaussian noise on intensities in [0, 1]."""

    probability: Probability = 0.3
    sd: Range = (0.005, 0.04)


class Speckle(Frozen):
    """Multiplicative noise of unit mean, correlated over `grain_voxels`."""

    probability: Probability = 0.5
    sd: Range = (0.03, 0.15)
    grain_voxels: float = Field(default=0.8, ge=0)


class DepthGain(Frozen):
    """Time-gain compensation set otherwise: a smooth gain curve along the depth axis, and a gain for the whole."""

    probability: Probability = 0.8
    decibels: float = Field(default=4.0, ge=0, description="largest change of amplitude along depth, +-")
    sliders: int = Field(default=2, ge=2, description="depths at which the gain is drawn by itself; 2 give a tilt")
    axis: Axis = "j"


class Shadow(Frozen):
    """Acoustic shadow: a wedge behind an obstacle, darkened to `transmission` of its amplitude."""

    probability: Probability = 0.2
    width_degrees: Range = (5.0, 20.0)
    transmission: Range = (0.1, 0.7)
    axis: Axis = "j"


class FanCrop(Frozen):
    """A narrower sector: what lies outside the central `fraction` of the fan's width is set to background."""

    probability: Probability = 0.1
    fraction: Range = (0.85, 1.0)
    axis: Axis = "j"


class AugmentationConfig(Frozen):
    """Transforms drawn anew for every scan and epoch.

    Attributes:
        enabled: train on augmented scans.
        backend: what applies the transforms: `torch`, a batch at once on the device of the training, or `torchio`, scan
            by scan. The same draws give the same scans, but for interpolation; torchio takes several times as long.
        copies: each scan is drawn in so many versions alone, seen again and again as files written beforehand would be;
            null draws anew in every epoch.
        follow: multiply the target by the volume factor of what was drawn. False breaks the labels: for studies alone.
    """

    enabled: bool = True
    backend: Literal["torch", "torchio"] = "torch"
    copies: int | None = Field(default=None, ge=1)
    follow: bool = True
    flip: Flip = Flip()
    rotation: Rotation = Rotation()
    translation: Translation = Translation()
    zoom: Zoom = Zoom()
    elastic: Elastic = Elastic()
    anisotropy: Anisotropy = Anisotropy()
    blur: Blur = Blur()
    gamma: Gamma = Gamma()
    noise: Noise = Noise()
    speckle: Speckle = Speckle()
    depth_gain: DepthGain = DepthGain()
    shadow: Shadow = Shadow()
    fan_crop: FanCrop = FanCrop()

    def spatial(self) -> "AugmentationConfig":
        """The same without what changes intensities alone, and with volume factors that are true."""
        return self.without(INTENSITY).model_copy(update={"follow": True})

    def poses(self) -> "AugmentationConfig":
        """Its mirror images and rotations alone, with volume factors that are true.

        They push nothing but corners over the border of the raster; a shift or a zoom pushes parts of the structure.
        """
        return self.without(NO_POSE).model_copy(update={"follow": True})

    def without(self, names: Iterable[str]) -> "AugmentationConfig":
        """The same, the transforms of these names never drawn."""
        silent = {name: getattr(self, name).model_copy(update={"probability": 0.0}) for name in names}
        return self.model_copy(update=silent)


INTENSITY = ("blur", "gamma", "noise", "speckle", "depth_gain", "shadow")
"""Transforms that move nothing."""

NO_POSE = ("translation", "zoom", "elastic", "anisotropy", "fan_crop", *INTENSITY)
"""Transforms that neither mirror nor rotate."""

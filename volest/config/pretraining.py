"""How an encoder learns from rasters alone, before it sees a volume, and how far volumes may then move it."""

from typing import Literal

from pydantic import Field

from volest.config.augmentation import Probability, Shadow, Speckle
from volest.config.frozen import Frozen, Range


class DenoisedSpeckle(Speckle):
    """Speckle to be taken away: in every scan, and stronger than that of the augmentation."""

    probability: Probability = 1.0
    sd: Range = (0.3, 0.6)


class DenoisedShadow(Shadow):
    """Shadow to be taken away, likewise."""

    probability: Probability = 0.5


class PretrainConfig(Frozen):
    """A 3D autoencoder whose encoder is that of the model.

    Attributes:
        enabled: let `train` and `cv` pretrain in each fold, on its training patients and data.unlabelled.
        variant: `plain` reconstructs its input; `denoising` the raster without the `speckle` and `shadow` that are put
            on its input; `masked` the raster whose blocks were hidden from it.
        loss: between reconstruction and raster, inside the fan alone; `mixed` is the mean of l1 and ssim.
        latent: numbers between encoder and decoder; null hands on the whole feature map.
        speckle: of the denoising variant.
        shadow: likewise.
        hidden_share: of the blocks, in the masked variant.
        block_voxels: edge of a block.
        epochs: passes over the scans.
        batch_size: scans per step; encoders with batch norm need at least 8.
        learning_rate: the highest of a cosine after a linear warm-up.
        warmup_epochs: length of the warm-up.
        weight_decay: AdamW's, on convolution and linear weights only.
        ema_decay: decay of the moving average of the weights.
    """

    enabled: bool = False
    variant: Literal["plain", "denoising", "masked"] = "denoising"
    loss: Literal["l1", "mse", "ssim", "mixed"] = "mse"
    latent: int | None = Field(default=32, ge=1)
    speckle: DenoisedSpeckle = DenoisedSpeckle()
    shadow: DenoisedShadow = DenoisedShadow()
    hidden_share: float = Field(default=0.5, gt=0, lt=1)
    block_voxels: int = Field(default=4, ge=1)
    epochs: int = Field(default=100, ge=1)
    batch_size: int = Field(default=4, ge=1)
    learning_rate: float = Field(default=1e-3, gt=0)
    warmup_epochs: float = Field(default=5, ge=0)
    weight_decay: float = Field(default=0.01, ge=0)
    ema_decay: float = Field(default=0.99, ge=0, lt=1)


class FinetuneConfig(Frozen):
    """What an encoder that has learnt before may unlearn.

    Attributes:
        freeze: leave the encoder as it is and train the head alone.
        encoder_rate: learning rate of the encoder's last stage, as a share of the head's.
        stage_decay: factor from each stage to the one before it, which is more general and should move less.
        unfreeze_epochs: the head trains alone for so many epochs, then the last stage with it, then the one before...
            (Howard & Ruder 2018); 0 trains all from the start.
    """

    freeze: bool = False
    encoder_rate: float = Field(default=1.0, gt=0, le=1)
    stage_decay: float = Field(default=1.0, gt=0, le=1)
    unfreeze_epochs: float = Field(default=0.0, ge=0)

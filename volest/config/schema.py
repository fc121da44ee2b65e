"""Every key of `volest.yaml`, with its default, unit and range."""

from pathlib import Path
from typing import Any, Literal

from pydantic import AliasChoices, Field, PositiveInt, field_validator, model_validator

from volest.config.augmentation import AugmentationConfig
from volest.config.cluster import ClusterConfig
from volest.config.diagnosis import DiagnosisConfig
from volest.config.frozen import Frozen
from volest.config.intervals import IntervalsConfig
from volest.config.pretraining import FinetuneConfig, PretrainConfig
from volest.config.proxy import ProxyConfig
from volest.config.refusal import RefusalConfig


class RunConfig(Frozen):
    """Where the run writes."""

    directory: Path = Path("runs/volest")


class DataConfig(Frozen):
    """The scans.

    Attributes:
        manifest: table with scan_id, patient_id, path, volume_ml; paths relative to the table.
        folds: table with patient_id, fold; made from `split` and saved in the run when null.
        covariates: columns of the manifest offered to the covariate baseline; null takes every numeric extra column.
        unlabelled: scans without a volume, to pretrain on: a folder, a table with the column path (and scan_id and
            patient_id where they are known), or a pattern such as scans/**/*.nrrd.
    """

    manifest: Path = Path("manifest.csv")
    folds: Path | None = None
    covariates: tuple[str, ...] | None = None
    unlabelled: Path | None = None


class SplitConfig(Frozen):
    """How folds are made: grouped by patient, balanced on volume and on the number of scans.

    Attributes:
        folds: parts; each patient is held out exactly once.
        leave_one_patient_out: one fold per patient; `folds` is then ignored.
        test_fraction: share of the patients locked away in a `test` set that no fold trains on or validates on.
    """

    folds: int = Field(default=5, ge=2)
    leave_one_patient_out: bool = False
    test_fraction: float = Field(default=0.0, ge=0, lt=0.9)


def require_percentiles(clip_percentiles: tuple[float, float]) -> None:
    """Raise ValueError unless they are two, the lower one first."""
    low, high = clip_percentiles
    if not 0 <= low < high <= 100:
        raise ValueError(f"clip_percentiles: expected 0 <= low < high <= 100, got [{low}, {high}]")


FINEST_MM, COARSEST_MM = 1e-3, 1e3
"""Spacing of a grid on which a network may be trained."""


class PreprocessingConfig(Frozen):
    """From a scan to the grid that the network sees.

    Attributes:
        fit: `physical` keeps millimetres (resample, then pad); `stretch` squeezes every raster onto `shape`, and the
            target becomes the fraction of the field of view.
        spacing_mm: isotropic spacing; null plans the finest that keeps the largest training scan within the budget.
        shape: voxels along i, j, k; null plans it from the training scans.
        voxel_budget: most voxels in the planned grid.
        clip_percentiles: intensities inside the fan are clipped to these percentiles and mapped to [0, 1].
        cache: folder of the preprocessed scans, shared by folds and runs; null takes the user's cache folder.
    """

    fit: Literal["physical", "stretch"] = "physical"
    spacing_mm: float | None = Field(default=None, ge=FINEST_MM, le=COARSEST_MM)
    shape: tuple[int, int, int] | None = None
    voxel_budget: int = Field(default=64**3, ge=8**3)
    clip_percentiles: tuple[float, float] = (0.0, 99.5)
    cache: Path | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "PreprocessingConfig":
        require_percentiles(self.clip_percentiles)
        if self.shape is not None and min(self.shape) < 8:
            raise ValueError(f"shape: expected at least 8 voxels along each axis, got {list(self.shape)}")
        if self.fit == "stretch" and self.spacing_mm is not None:
            raise ValueError("spacing_mm has no meaning with fit: stretch; set shape instead")
        return self


class ModelConfig(Frozen):
    """The network.

    Attributes:
        name: `resnet`, `rasternet`, `genesis`, `timm:NAME` or `monai:NAME`.
        widths: channels of the four stages of `resnet`.
        blocks: residual blocks in each stage of `resnet`.
        stem_stride: stride of the first convolution of `resnet`.
        norm: normalisation of `resnet` and `genesis`; `ghost` is batch norm over parts of a batch.
        ghost_batch_size: scans in each part, with `norm: ghost`.
        dropout: before the head.
        stochastic_depth: probability with which the last residual block of `resnet` is left out for a scan, the
            earlier ones linearly less often.
        head: `point` tells a number; `gaussian` also its variance, `quantile` also its 5% and 95% quantiles. Each of
            the two has a training.loss of its own, gaussian_nll and quantile.
        members: networks of other first weights, trained side by side on the same batches and averaged.
        mask_head: let `resnet` draw the structure too, taught by the masks of the training scans that have one; what it
            draws has a volume, a second opinion beside the regression's. New scans need no mask. The target of an
            augmented scan is then what it still holds of the structure.
        mask_stages: of `resnet`, from the last one back, that the structure is drawn from: three draw it at half the
            resolution of the first stage, all four at that resolution, which takes longer.
        drawn_share: weight of the drawn volume in the prediction, against the regressed one, on the scale of the
            target: 0.5 is their mean, 1 measures what is drawn. Neither learns otherwise for it.
        pretrained: start `timm:NAME` from its published weights (from the hub, unless `encoder_weights` names a file).
        encoder_weights: local file of encoder weights (.safetensors, .pt, .pth): of `volest pretrain`, or from
            elsewhere; `weights` in older files.
        options: passed on to the constructor of `timm:NAME` and `monai:NAME`.
    """

    name: str = "resnet"
    widths: tuple[PositiveInt, PositiveInt, PositiveInt, PositiveInt] = (16, 32, 64, 128)
    blocks: tuple[PositiveInt, PositiveInt, PositiveInt, PositiveInt] = (1, 1, 1, 1)
    stem_stride: Literal[1, 2] = 2
    norm: Literal["group", "batch", "instance", "ghost"] = "group"
    ghost_batch_size: int = Field(default=4, ge=2)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    stochastic_depth: float = Field(default=0.0, ge=0, lt=1)
    head: Literal["point", "gaussian", "quantile"] = "point"
    members: int = Field(default=1, ge=1)
    mask_head: bool = False
    mask_stages: int = Field(default=3, ge=1, le=4)
    drawn_share: float = Field(default=0.5, ge=0, le=1)
    pretrained: bool = False
    encoder_weights: Path | None = Field(default=None, validation_alias=AliasChoices("encoder_weights", "weights"))
    options: dict[str, Any] = Field(default_factory=dict)

    @field_validator("name")
    @classmethod
    def _known(cls, name: str) -> str:
        family, colon, rest = name.partition(":")
        if name in {"resnet", "rasternet", "genesis"} or (family in {"timm", "monai"} and colon and rest):
            return name
        raise ValueError(f"unknown model {name!r}: expected resnet, rasternet, genesis, timm:NAME or monai:NAME")


class TrainingConfig(Frozen):
    """How the weights are found.

    Attributes:
        epochs: passes over the training scans; the schedule is fixed, the held-out fold chooses nothing.
        batch_size: scans per step.
        accumulate: batches whose gradients are averaged before the optimiser moves.
        optimizer: `sgd` has Nesterov momentum 0.9.
        learning_rate: the highest of the schedule.
        schedule: `cosine` and `linear` fall to zero, `step` falls tenfold after half and after three quarters of the
            steps, `constant` stays; each after a linear warm-up.
        warmup_epochs: length of the warm-up.
        weight_decay: on convolution and linear weights only; apart from the gradient in `adamw`, part of it otherwise.
        ema_decay: decay of the moving average of the weights; 0 keeps the last weights.
        swa_start: share of the training after which weights are averaged, all alike (SWA); null for no such average.
        gradient_clip: largest gradient norm.
        loss: on the standardised target.
        l1: strength of a penalty on the absolute weights of convolutions, as a share of the loss: with 0.3 it is, at
            the start, 0.3 times the loss of predicting the mean.
        l2: likewise on their squares.
        c_mixup: scans are mixed with such of the batch that have a like volume, in shares from Beta(c_mixup, c_mixup);
            0 mixes nothing.
        noise_scale: measure the gradient noise scale every epoch, at the price of some eight scans' gradients.
        mask_weight: of the loss on the drawn structure, against 1 for that on the target.
        mask_loss: voxel by voxel, or also by the overlap of the whole structure (soft Dice), which does not let many
            voxels outside outweigh the few inside.
        target: what the network predicts; `auto` is log_ml, or log_fraction of the field of view with fit: stretch.
        precision: `auto` is bf16 on a GPU that has it and fp32 elsewhere.
        channels_last: memory format of activations; 1.6-2 times faster on CPUs for narrow networks.
        compile: let torch.compile translate the network first, which needs a C++ compiler; the minutes it takes pay in
            long trainings. Rounding differs. Where it fails the network trains as it is.
        device: `auto`, `cpu`, `cuda`, `mps`.
        workers: processes that read and augment beside the training; null is none, but for augmentation.backend:
            torchio, where it is one a core.
        memory_gib: preprocessed scans of a fold that need no more are held in memory, on a GPU in its own; more are
            read from the cache as they are used, as they are by workers.
        threads: of the training process on a CPU; null leaves torch's choice.
        views: predictions are averaged over so many views of a scan: itself, and itself moved by the spatial
            augmentations of the training, their volume factors undone.
        view_moves: `poses` are mirror images and rotations alone, which push no part of a large structure out of sight;
            better where `model.mask_head` draws and the training moves scans far.
        recalibrate: add to what the network predicts, in the unit of the target, its mean residual on the training
            scans, each seen as it is (calibration in the large); for the curves after every epoch, and at the end. It
            moves networks that were cut short, and a wrong reference moves it too. Proxies of a search have it unless
            `proxy.recalibrate` is false.
        pictures: times in a training that TensorBoard gets pictures; each takes a third of a second.
        finetune: how far an encoder that has learnt before may move.
    """

    epochs: int = Field(default=100, ge=1)
    batch_size: int = Field(default=4, ge=1)
    accumulate: int = Field(default=1, ge=1)
    optimizer: Literal["adamw", "adam", "sgd"] = "adamw"
    learning_rate: float = Field(default=3e-3, gt=0)
    schedule: Literal["cosine", "linear", "step", "constant"] = "cosine"
    warmup_epochs: float = Field(default=5, ge=0)
    weight_decay: float = Field(default=0.01, ge=0)
    ema_decay: float = Field(default=0.99, ge=0, lt=1)
    swa_start: float | None = Field(default=None, ge=0, lt=1)
    gradient_clip: float | None = Field(default=1.0, gt=0)
    loss: Literal["huber", "l1", "mse", "log_cosh", "relative", "ranked_huber", "gaussian_nll", "quantile"] = "huber"
    l1: float = Field(default=0.0, ge=0)
    l2: float = Field(default=0.0, ge=0)
    c_mixup: float = Field(default=0.0, ge=0)
    noise_scale: bool = False
    mask_weight: float = Field(default=3.0, ge=0)
    mask_loss: Literal["cross_entropy", "dice_cross_entropy"] = "cross_entropy"
    target: Literal["auto", "log_ml", "ml", "log_fraction", "fraction"] = "auto"
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    channels_last: bool = True
    compile: bool = False
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    workers: int | None = Field(default=None, ge=0)
    memory_gib: float = Field(default=4.0, ge=0)
    threads: int | None = Field(default=None, ge=1)
    views: int = Field(default=1, ge=1)
    view_moves: Literal["all", "poses"] = "all"
    recalibrate: bool = False
    pictures: int = Field(default=10, ge=0)
    finetune: FinetuneConfig = FinetuneConfig()


class Config(Frozen):
    """One experiment."""

    seed: int = Field(default=0, ge=0)
    run: RunConfig = RunConfig()
    data: DataConfig = DataConfig()
    split: SplitConfig = SplitConfig()
    preprocessing: PreprocessingConfig = PreprocessingConfig()
    augmentation: AugmentationConfig = AugmentationConfig()
    model: ModelConfig = ModelConfig()
    pretrain: PretrainConfig = PretrainConfig()
    training: TrainingConfig = TrainingConfig()
    proxy: ProxyConfig = ProxyConfig()
    intervals: IntervalsConfig = IntervalsConfig()
    refusal: RefusalConfig = RefusalConfig()
    diagnosis: DiagnosisConfig = DiagnosisConfig()
    cluster: ClusterConfig = ClusterConfig()

    @model_validator(mode="after")
    def _batch_has_statistics(self) -> "Config":
        if self.model.name in {"resnet", "genesis"} and self.model.norm == "batch" and self.training.batch_size == 1:
            raise ValueError("model.norm: batch needs a training.batch_size above 1; use group")
        return self

    @model_validator(mode="after")
    def _ghost_batches_fit_the_batch(self) -> "Config":
        batch_size, ghost = self.training.batch_size, self.model.ghost_batch_size
        if self.model.name in {"resnet", "genesis"} and self.model.norm == "ghost" and ghost > batch_size:
            raise ValueError(
                f"model.ghost_batch_size {ghost} is larger than training.batch_size {batch_size}; lower it, or use "
                "model.norm: group"
            )
        return self

    @model_validator(mode="after")
    def _head_and_loss_agree(self) -> "Config":
        head, loss = self.model.head, self.training.loss
        needed = {"gaussian_nll": "gaussian", "quantile": "quantile"}.get(loss, "point")
        if head != needed:
            raise ValueError(f"training.loss: {loss} needs model.head: {needed}, got {head}")
        if head != "point" and (self.model.mask_head or self.model.name.startswith("monai:")):
            other = "model.mask_head" if self.model.mask_head else f"model.name: {self.model.name}"
            raise ValueError(f"model.head: {head} cannot go with {other}; use model.head: point")
        return self

    @model_validator(mode="after")
    def _doubt_has_its_source(self) -> "Config":
        doubt, model = self.intervals.scaled_by, self.model
        absent = {
            "members": (model.members == 1, "model.members above 1"),
            "head": (model.head == "point", "model.head: gaussian or quantile"),
            "drawing": (not model.mask_head, "model.mask_head"),
        }
        is_absent, needed = absent.get(doubt or "", (False, ""))
        if is_absent:
            raise ValueError(f"intervals.scaled_by: {doubt} needs {needed}; else use views, or null")
        return self

    @model_validator(mode="after")
    def _one_average_of_the_weights(self) -> "Config":
        if self.training.swa_start is not None and self.training.ema_decay:
            raise ValueError("training.swa_start averages the weights itself; set training.ema_decay to 0 beside it")
        return self

    @model_validator(mode="after")
    def _mask_head_has_its_network_and_target(self) -> "Config":
        if self.model.mask_head and self.model.name != "resnet":
            raise ValueError(f"model.mask_head needs model.name: resnet, got {self.model.name}")
        if self.model.mask_head and self.training.target != "auto":
            raise ValueError(f"model.mask_head needs training.target: auto, got {self.training.target}")
        return self

    @model_validator(mode="after")
    def _target_fits_grid(self) -> "Config":
        stretched, target = self.preprocessing.fit == "stretch", self.training.target
        if stretched and target in {"log_ml", "ml"}:
            raise ValueError(
                f"training.target: {target} cannot be learnt with preprocessing.fit: stretch, because stretching loses "
                "the physical size; use auto, log_fraction or fraction"
            )
        return self

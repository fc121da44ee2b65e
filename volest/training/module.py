"""The network with its loss, optimiser and schedule, as Lightning drives it."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from volest.config.schema import TrainingConfig
from volest.models.deep_ensemble import Network, members_of
from volest.models.mask_head import occupancy_loss
from volest.models.observation import Observation
from volest.records.model import TargetScaling
from volest.training.c_mixup import mix_alike
from volest.training.dataset import EpochBatches
from volest.training.losses import choose_loss, observation_loss
from volest.training.optimised import Optimised
from volest.training.processes import gathered, mean_of_all, share_buffers
from volest.training.weight_penalty import WeightPenalty

DRAWN_VOLUME_WEIGHT = 0.1
"""Of the volume of a map, against its voxels: where a mask teaches them, the volume follows."""

STANDARD = TargetScaling(kind="log_ml", mean=0.0, sd=1.0)
"""Of targets that stand for no volume, as in rehearsals."""


class VolumeRegression(Optimised):
    """Learns standardised targets from voxels (batch, 1, i, j, k).

    Args:
        network: what learns.
        config: how.
        fold: held-out part, for messages.
        steps_per_epoch: moves of the weights.
        scaling: between target and volume.
        targets: standardised, of the training scans; a weight penalty is as strong as the loss of their mean says.
        batches: of which several processes may each see a part; None for one that sees all of them.

    Attributes:
        mean_loss: of the last batch, over all processes.
        observe: how the network is asked in training; it may be compiled.
    """

    network: Network

    def __init__(
        self,
        network: Network,
        config: TrainingConfig,
        fold: int,
        steps_per_epoch: int,
        scaling: TargetScaling = STANDARD,
        targets: Sequence[float] = (-1.0, 1.0),
        batches: EpochBatches | None = None,
    ) -> None:
        super().__init__(network, config, steps_per_epoch, "training", f"fold {fold}")
        self.loss = choose_loss(config.loss, scaling)
        self.told_loss = observation_loss(config.loss, scaling)
        self.penalise = WeightPenalty.fitted(network, config.l1, config.l2, self._loss_of_mean(targets))
        self.penalty = self.mean_loss = 0.0
        self.batches = batches
        self.observe: Callable[[Tensor], Observation] = network.observe
        self.predicted: tuple[list[Tensor], list[Tensor]] = ([], [])

    def forward(self, voxels: Tensor) -> Tensor:
        """Standardised targets, one per scan."""
        return self.network(self.arranged(voxels))

    def on_train_epoch_start(self) -> None:
        """A frozen encoder keeps its running statistics, and neither drops nor skips anything."""
        if self.config.finetune.freeze:
            for member in members_of(self.network):
                member.encoder.eval()

    def training_step(self, batch: Sequence[Tensor], batch_idx: int) -> Tensor:
        """Loss of one augmented batch: voxels (batch, 1, i, j, k), targets (batch,), and occupancy where it is learnt.

        Where several processes share a batch, the mean of their losses is that of the whole batch.

        Raises:
            TrainingError: the loss is not finite; the checkpoint of the last whole epoch stays as it is.
        """
        self.gradient_norm = None  # until the optimiser moves, which it may not where gradients are summed
        loss = self.data_loss(mix_alike(batch, self.config.c_mixup) if self.config.c_mixup else batch)
        if self.batches is not None:
            loss = loss * self.batches.weight(batch_idx)
        if self.penalise:
            penalty = self.penalise()
            self.penalty = float(penalty.detach())
            loss = loss + penalty
        self.mean_loss = mean_of_all(float(loss.detach()))  # alike for all, so that none goes on alone
        if not math.isfinite(self.mean_loss):
            raise self.diverged(
                f"the loss became {self.mean_loss} in epoch {self.current_epoch + 1}, step {batch_idx + 1}"
            )
        return loss

    def data_loss(self, batch: Sequence[Tensor]) -> Tensor:
        """What the scans say, without any penalty on the weights."""
        voxels, target, *occupancy = batch
        seen = self.observe(self.arranged(voxels))
        target = target[:, None].expand_as(seen.regressed)
        loss = self.told_loss(seen, target)
        if seen.occupancy is not None and seen.drawn is not None:
            of_voxels = occupancy_loss(seen.occupancy, occupancy[0], dice=self.config.mask_loss == "dice_cross_entropy")
            of_map = of_voxels + DRAWN_VOLUME_WEIGHT * self.loss(seen.drawn, target)
            loss = loss + self.config.mask_weight * of_map
        return loss

    def on_validation_epoch_start(self) -> None:
        """Forget the predictions of the epoch before; all processes judge by the same network."""
        share_buffers(self.network)
        self.predicted = ([], [])

    def validation_step(self, voxels: Tensor, batch_idx: int, dataloader_idx: int = 0) -> None:
        """Keep the predictions of training scans (loader 0) and held-out scans (loader 1)."""
        self.predicted[dataloader_idx].append(self(voxels).float().cpu())

    def on_validation_epoch_end(self) -> None:
        """Put the parts of all processes together, and stop before weights that are not finite become a checkpoint.

        The last step of an epoch is in no loss.

        Raises:
            TrainingError: a prediction is not finite; the checkpoint of the epoch before stays as it is.
        """
        everyones = gathered(self.predicted)
        training, held_out = ([batch for own in everyones for batch in own[n]] for n in (0, 1))
        self.predicted = training, held_out
        if not all(torch.isfinite(batch).all() for part in self.predicted for batch in part):
            raise self.diverged(f"after epoch {self.current_epoch + 1} the network predicts what is no finite number")

    def _loss_of_mean(self, targets: Sequence[float]) -> float:
        """Of a network that says the mean of the training targets, 0, and is as sure of it as a new head is."""
        if not (self.config.l1 or self.config.l2):
            return 0.0
        target = torch.tensor(targets, dtype=torch.float32)[:, None]
        told = Observation(torch.zeros_like(target), spread=torch.zeros(len(target), 1, 2))
        return float(self.told_loss(told, target))

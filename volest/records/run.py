"""The run directory: what lies where."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class FoldDirectory:
    """What one fold leaves behind."""

    path: Path

    @property
    def model_json(self) -> Path:
        """How to use the weights."""
        return self.path / "model.json"

    @property
    def weights(self) -> Path:
        """The weights."""
        return self.path / "model.safetensors"

    @property
    def reference(self) -> Path:
        """What the training scans look like; runs of earlier versions have none."""
        return self.path / "reference.safetensors"

    @property
    def novelty(self) -> Path:
        """How far the held-out scans lie from the training scans."""
        return self.path / "novelty.csv"

    @property
    def checkpoint(self) -> Path:
        """Everything that is needed to go on after an interruption."""
        return self.path / "checkpoints" / "last.ckpt"

    @property
    def history(self) -> Path:
        """Curves, a row per epoch."""
        return self.path / "history.csv"

    @property
    def predictions(self) -> Path:
        """The held-out scans; written last."""
        return self.path / "predictions.csv"

    @property
    def pretraining(self) -> "FoldDirectory":
        """Checkpoint, curves and events of the pretraining."""
        return FoldDirectory(self.path / "pretraining")

    @property
    def pretraining_scans(self) -> Path:
        """What the encoder learns from, written before its first epoch."""
        return self.pretraining.path / "scans.json"

    @property
    def encoder_weights(self) -> Path:
        """The encoder that was pretrained for this fold."""
        return self.path / "encoder.safetensors"

    @property
    def decoder_weights(self) -> Path:
        """What draws its latents; no training needs it."""
        return self.path / "decoder.safetensors"

    @property
    def encoder_json(self) -> Path:
        """What it has seen; written last."""
        return self.path / "encoder.json"

    @property
    def probe(self) -> Path:
        """What a linear probe of the autoencoder says of the held-out scans, where a study judges it; written last."""
        return self.path / "probe.csv"

    @property
    def latents(self) -> Path:
        """Where the autoencoder puts each scan, where a study judges it."""
        return self.path / "latents.csv"

    @property
    def reconstructions(self) -> Path:
        """How well it gives each scan back."""
        return self.path / "reconstructions.csv"

    @property
    def has_encoder(self) -> bool:
        """Whether the pretraining went to its end."""
        return self.encoder_json.exists() and self.encoder_weights.exists()

    @property
    def is_probed(self) -> bool:
        """Whether its autoencoder was pretrained and judged to its end."""
        return self.has_encoder and all(p.exists() for p in (self.latents, self.reconstructions, self.probe))

    @property
    def absent(self) -> tuple[Path, ...]:
        """What a fold that was trained and judged to its end has, and this one has not; its folder, if that is gone."""
        if not self.path.is_dir():
            return (self.path,)
        return tuple(path for path in (self.predictions, self.model_json, self.weights) if not path.exists())

    @property
    def is_finished(self) -> bool:
        """Whether the fold was trained and judged to its end."""
        return not self.absent


@dataclass(frozen=True)
class RunDirectory:
    """A run: complete in itself, can be copied, never half-written."""

    path: Path

    @property
    def config(self) -> Path:
        """The resolved configuration."""
        return self.path / "config.yaml"

    @property
    def environment(self) -> Path:
        """Versions, commit, seed, device, command."""
        return self.path / "environment.json"

    @property
    def manifest(self) -> Path:
        """The scans of this run."""
        return self.path / "manifest.csv"

    @property
    def folds(self) -> Path:
        """Who is held out where."""
        return self.path / "folds.csv"

    @property
    def folds_proof(self) -> Path:
        """The folds in words and figures."""
        return self.path / "folds.md"

    @property
    def predictions(self) -> Path:
        """Out of fold, all finished folds."""
        return self.path / "predictions.csv"

    @property
    def intervals(self) -> Path:
        """Errors of all held-out scans, from which intervals of new scans are made."""
        return self.path / "intervals.json"

    @property
    def follow_up(self) -> Path:
        """What an earlier volume of the patient tells of a scan; there where enough patients have several scans."""
        return self.path / "follow_up.json"

    @property
    def followed(self) -> Path:
        """Held-out scans, each told the volume of the patient's earlier one."""
        return self.path / "follow_up.csv"

    @property
    def refusal(self) -> Path:
        """What refusing the least typical scans is worth."""
        return self.path / "refusal.json"

    @property
    def metrics(self) -> Path:
        """Agreement out of fold, by fold, and of the baselines."""
        return self.path / "metrics.json"

    @property
    def baselines(self) -> Path:
        """What each baseline said of the same held-out scans."""
        return self.path / "baselines.csv"

    @property
    def headers(self) -> Path:
        """How each scan was sampled."""
        return self.path / "headers.csv"

    @property
    def image_quality(self) -> Path:
        """How bright, contrasty and sharp each scan is."""
        return self.path / "image_quality.csv"

    @property
    def near_copies(self) -> Path:
        """Pairs of scans that look like one."""
        return self.path / "near_copies.csv"

    @property
    def findings(self) -> Path:
        """What the diagnosis found."""
        return self.path / "findings.json"

    @property
    def evaluation(self) -> Path:
        """Agreement as journals ask for it, each figure with its interval."""
        return self.path / "evaluation.json"

    @property
    def latents(self) -> Path:
        """Where the network of each fold puts each scan."""
        return self.path / "latents.csv"

    @property
    def probes(self) -> Path:
        """What can be read off the latents."""
        return self.path / "probes.json"

    @property
    def projector(self) -> Path:
        """The latents for TensorBoard, a folder for each fold."""
        return self.path / "latents"

    @property
    def figures(self) -> Path:
        """Figures for papers."""
        return self.path / "figures"

    @property
    def test_predictions(self) -> Path:
        """The locked test set, by all folds together; there once it was unlocked."""
        return self.path / "test_predictions.csv"

    def controls(self, fold: int) -> Path:
        """Folder of the control experiments that hold out part `fold`."""
        return self.path / "controls" / f"of_fold_{fold}"

    def control_verdicts(self, fold: int) -> Path:
        """What they showed."""
        return self.controls(fold) / "verdicts.json"

    @property
    def pretraining_lock(self) -> Path:
        """Held by the process that pretrains without a fold."""
        return self.path / ".pretraining.lock"

    def lock(self, fold: int) -> Path:
        """Held by the process that trains part `fold`."""
        return self.path / f".fold_{fold}.lock"

    def fold(self, fold: int) -> FoldDirectory:
        """Where part `fold` is held out."""
        return FoldDirectory(self.path / f"fold_{fold}")

    def finished_folds(self) -> list[int]:
        """Numbers of the folds that were trained to their end."""
        return [number for number in self._folds() if self.fold(number).is_finished]

    def expects(self, record: Path) -> bool:
        """Whether a record of the run as a whole should be there: it is, or `metrics.json`, which is written last."""
        return record.exists() or self.metrics.exists()

    def lost(self, folds: Iterable[int] = ()) -> list[Path]:
        """What folds that were judged no longer have, so that they count as unfinished.

        A run has predictions of its own once all its folds were judged; before that each fold speaks for itself.

        Args:
            folds: that records of the run tell of, as a folder may be gone.
        """
        together = self.predictions.exists()
        known = map(self.fold, sorted({*self._folds(), *(folds if together else ())}))
        return [path for fold in known if together or fold.predictions.exists() for path in fold.absent]

    def pretrained_folds(self) -> list[int]:
        """Numbers of the folds whose encoder was pretrained to its end."""
        return [number for number in self._folds() if self.fold(number).has_encoder]

    def _folds(self) -> list[int]:
        return sorted(int(p.name.removeprefix("fold_")) for p in self.path.glob("fold_*") if p.name[5:].isdecimal())

"""Weights of an encoder from a local file; no code in the file is run."""

import pickle
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from volest.errors import ModelError
from volest.models.head import RegressionHead

NESTED_UNDER = ("state_dict", "model")
MOST_NAMED = 5


@dataclass(frozen=True)
class LoadedWeights:
    """What became of the tensors of a file.

    Attributes:
        matched: names, in the encoder, of the tensors that were loaded.
        adapted: those among them that were summed over channels or inflated from 2D.
        unused: names, in the file, of tensors the encoder has no place for, such as a classifier's.
    """

    matched: tuple[str, ...]
    adapted: tuple[str, ...]
    unused: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """How many, and the names of those that call for a second look."""
        adapted = f", {len(self.adapted)} of them adapted ({_first_names(self.adapted)})" if self.adapted else ""
        unused = f"; {len(self.unused)} of the file have no place ({_first_names(self.unused)})" if self.unused else ""
        return f"{len(self.matched)} tensors loaded, all that the encoder has{adapted}{unused}."


def parameter_count(network: nn.Module) -> int:
    """Number of trainable parameters."""
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)


def load_encoder_weights(encoder: nn.Module, path: Path) -> LoadedWeights:
    """Load every tensor of `encoder`, its regression head excepted, from `path`.

    Three input channels are summed into one, and 2D kernels are inflated along k as Carreira & Zisserman (2017) do:
    repeated, then divided by their width.

    Raises:
        ModelError: no such file, not a file of tensors, or a tensor of the encoder is missing in it or differs in
            shape. The tensors are named and the encoder is left as it was.
    """
    stored = _unprefixed(_read(path), set(encoder.state_dict()))
    wanted = {name: tensor for name, tensor in encoder.state_dict().items() if name not in _head_names(encoder)}
    fitted = {name: _fitted(stored[name], like) for name, like in wanted.items() if name in stored}
    missing = [name for name in wanted if name not in stored and not name.endswith("num_batches_tracked")]
    differing = [
        f"{name} {tuple(stored[name].shape)} instead of {tuple(wanted[name].shape)}"
        for name, tensor in fitted.items()
        if tensor.shape != wanted[name].shape
    ]
    if missing or differing:
        raise ModelError(
            f"model.encoder_weights {path} does not fit the encoder: {_listed('missing', missing)}"
            f"{_listed('of another shape', differing)}expected a file with these tensors. Set model.name, "
            "model.widths and the like to those the weights were trained with."
        )
    encoder.load_state_dict(fitted, strict=False)
    return LoadedWeights(
        matched=tuple(fitted),
        adapted=tuple(name for name in fitted if stored[name].shape != wanted[name].shape),
        unused=tuple(name for name in stored if name not in fitted),
    )


def _read(path: Path) -> dict[str, Tensor]:
    try:
        if path.suffix == ".safetensors":
            return safetensors.torch.load_file(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of another pickle protocol; what matters raises
            tree: Any = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise ModelError(
            f"model.encoder_weights {path} does not exist. Correct the path or set model.encoder_weights to null."
        ) from None
    except (OSError, RuntimeError, ValueError, EOFError, SafetensorError, pickle.UnpicklingError) as error:
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelError(
            f"model.encoder_weights {path} is not a file of tensors alone, or damaged: {reason[0].rstrip('.')}. "
            "Expected .safetensors, or a .pt or .pth that holds a state_dict."
        ) from error
    for key in NESTED_UNDER:
        if isinstance(tree, dict) and isinstance(tree.get(key), dict):
            tree = tree[key]
    tensors = (
        {name: value for name, value in tree.items() if isinstance(value, Tensor)} if isinstance(tree, dict) else {}
    )
    if not tensors:
        raise ModelError(
            f"model.encoder_weights {path} holds no named tensors. Save `network.state_dict()` and try again."
        )
    return tensors


def _unprefixed(stored: dict[str, Tensor], names: set[str]) -> dict[str, Tensor]:
    """Drop a first name that all tensors share (`module.`, `encoder.`) until one of them is the encoder's."""
    while not names & set(stored):
        first = {name.partition(".")[0] for name in stored}
        if len(first) != 1 or not all("." in name for name in stored):
            break
        stored = {name.partition(".")[2]: tensor for name, tensor in stored.items()}
    return stored


def _head_names(encoder: nn.Module) -> set[str]:
    heads = [name for name, module in encoder.named_modules() if isinstance(module, RegressionHead)]
    return {name for name in encoder.state_dict() if any(name.startswith(f"{head}.") for head in heads)}


def _fitted(tensor: Tensor, like: Tensor) -> Tensor:
    if tensor.ndim == 4 and like.ndim == 5:
        width = like.shape[-1]
        tensor = tensor.unsqueeze(-1).expand(*tensor.shape, width) / width
    if tensor.ndim == like.ndim == 5 and tensor.shape[1] == 3 and like.shape[1] == 1:
        tensor = tensor.sum(dim=1, keepdim=True)
    return tensor


def _listed(what: str, names: list[str]) -> str:
    if not names:
        return ""
    return f"{what}: {_first_names(names)}; "


def _first_names(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{', '.join(names[:MOST_NAMED])}{more}"

"""A model from a stranger: what its two files claim is compared before memory is taken for either."""

import torch
from safetensors import SafetensorError, safe_open

from volest.config.schema import ModelConfig
from volest.errors import ModelError, RunError
from volest.geometry import Shape
from volest.models.registry import build_network
from volest.records.file_size import require_size
from volest.records.manifest import file_sha256
from volest.records.run import FoldDirectory

LARGEST_BYTES = 8 * 2**30
"""Of a file of weights: four times the largest network that volest builds."""

SOURCES = ("pretrained", "checkpoint", "weight", "path", "url", "hub", "cfg", "file")
"""In the names of options by which libraries fetch or unpickle weights; a trained network needs none of them."""

Shapes = dict[str, tuple[int, ...]]


def without_sources(config: ModelConfig) -> ModelConfig:
    """The same network, which takes its weights from nowhere: they are in `model.safetensors`."""
    options = {name: value for name, value in config.options.items() if not any(s in name.lower() for s in SOURCES)}
    return config.model_copy(update={"encoder_weights": None, "pretrained": False, "options": options})


def require_own_weights(directory: FoldDirectory, config: ModelConfig, shape: Shape, sha256: str | None) -> None:
    """Refuse weights that are not those of the network which `model.json` describes.

    Args:
        directory: of the fold.
        config: from `model.json`.
        shape: of the rasters.
        sha256: of the weights, as `model.json` names it; None where it does not.

    Raises:
        RunError: no such file, one that is too large, truncated, of other tensors, or changed since it was written.
    """
    path = directory.weights
    try:
        require_size(path, LARGEST_BYTES)
        with safe_open(path, framework="numpy") as file:
            held = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118 (no mapping)
    except FileNotFoundError:
        raise RunError(f"{path} does not exist: the fold has not been trained to its end.") from None
    except (SafetensorError, OSError) as error:
        raise RunError(f"{path} is damaged: {error}. Copy the run directory anew, or train the fold again.") from None
    needed = _shapes(config, shape)
    if needed is not None and held != needed:
        odd = sorted(name for name in held.keys() | needed.keys() if held.get(name) != needed.get(name))
        raise RunError(
            f"{path} does not fit {directory.model_json.name}: {len(odd)} tensors differ, such as {odd[0]!r} (the file "
            f"holds {held.get(odd[0])}, the network needs {needed.get(odd[0])}). Copy both files from one training."
        )
    if sha256 is None:
        raise RunError(f"{directory.model_json} names no SHA-256 of {path.name}. Copy both files from one training.")
    if file_sha256(path) != sha256:
        raise RunError(
            f"{path} is not the file that the training wrote: its SHA-256 is not the one in "
            f"{directory.model_json.name}. Copy both files from one training."
        )


def _shapes(config: ModelConfig, shape: Shape) -> Shapes | None:
    """Of the network's tensors, found without storing any; None for one that cannot be built so."""
    try:
        with torch.device("meta"):
            network = build_network(config, shape)
    except (ModelError, NotImplementedError, RuntimeError):
        return None  # the real construction decides
    return {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}

"""Every network that a configuration can name."""

from collections.abc import Callable

from volest.config.schema import ModelConfig
from volest.errors import ModelError
from volest.geometry import Shape
from volest.models.deep_ensemble import DeepEnsemble, Network
from volest.models.genesis import build_genesis
from volest.models.head import VolumeRegressor
from volest.models.monai_network import build_monai
from volest.models.rasternet import build_rasternet
from volest.models.resnet import build_resnet
from volest.models.timm_encoder import build_timm
from volest.models.weights import LoadedWeights, load_encoder_weights

Builder = Callable[[ModelConfig, Shape, float], VolumeRegressor]

BUILDERS: dict[str, Builder] = {
    "resnet": build_resnet,
    "rasternet": build_rasternet,
    "genesis": build_genesis,
    "timm": build_timm,
    "monai": build_monai,
}


def build_network(config: ModelConfig, shape: Shape, target_mean: float = 0.0) -> Network:
    """A network from (batch, 1, i, j, k) to (batch,), in the unit of the target.

    Args:
        config: which network, of what size, from which weights.
        shape: of the rasters it will see.
        target_mean: mean target of the training patients, where the head starts; 0 for standardised targets.

    Raises:
        ModelError: the network cannot be built on this shape, or the weights do not fit it.
    """
    family, _, _ = config.name.partition(":")
    if config.pretrained and family != "timm":
        raise ModelError(
            f"model.pretrained is for timm:NAME, and model.name is {config.name!r}. Set it to false, and name a local "
            "file in model.encoder_weights where you have one."
        )
    members = [BUILDERS[family](config, shape, target_mean) for _ in range(config.members)]
    if config.encoder_weights is not None:
        for member in members:
            load_encoder_weights(member.encoder, config.encoder_weights)
    return members[0] if config.members == 1 else DeepEnsemble(members)


def match_encoder_weights(config: ModelConfig, shape: Shape) -> LoadedWeights:
    """What of the file `config.encoder_weights` fits the encoder, and what does not.

    Raises:
        ModelError: as `build_network`.
    """
    assert config.encoder_weights is not None
    bare = config.model_copy(update={"members": 1, "encoder_weights": None, "pretrained": False})
    network = build_network(bare, shape)
    assert not isinstance(network, DeepEnsemble)
    return load_encoder_weights(network.encoder, config.encoder_weights)

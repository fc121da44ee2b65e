"""What a piece of work takes on a cluster."""

from pydantic import Field, field_validator

from volest.config.frozen import Frozen


class ClusterConfig(Frozen):
    """What `--cluster` asks of the machines for each fold, trial or shard of scans; it changes no result.

    Attributes:
        cpus: cores, and threads that it computes with where training.threads is null.
        gpus: GPUs; a share such as 0.5 lets two pieces of work have one.
        tasks: at a time; null for as many as the cluster has room for.
        retries: of a piece of work whose process was killed or whose machine was lost.
        shard: scans that `volest predict` gives to one task.
    """

    cpus: int = Field(default=1, ge=1)
    gpus: float = Field(default=0.0, ge=0)
    tasks: int | None = Field(default=None, ge=1)
    retries: int = Field(default=3, ge=0)
    shard: int = Field(default=32, ge=1)

    @field_validator("gpus")
    @classmethod
    def _whole_or_a_share(cls, gpus: float) -> float:
        if gpus > 1 and gpus % 1:
            raise ValueError(f"expected a share up to 1, or a whole number of GPUs, got {gpus:g}")
        return gpus

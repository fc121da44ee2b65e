"""What stands in for the whole in a search: a share of the patients, and a smaller network."""

from typing import Literal

from pydantic import Field

from volest.config.frozen import Frozen

Choice = Literal["by_volume", "least_similar", "latent_centres", "random"]
SimilarityMeasure = Literal["mutual_information", "normalised_mutual_information", "cross_correlation"]


class ProxyConfig(Frozen):
    """How `volest tune --proxy data,network` saves time (Nath et al. 2021, arXiv 2107.05471).

    Attributes:
        share: of the patients that a search trains on; all of them judge.
        choice: `by_volume` draws a patient from each of as many strata of volume, `least_similar` adds the patient
            least similar to those chosen, `latent_centres` the one farthest from them in latent space, `random` any.
        similarity: of scans, for `least_similar`.
        region: that is compared: `whole` scans, or the `informative` eighth, where grey levels follow the volume most.
        width_ratio: channels of each stage of `resnet` against those of the configuration.
        block_ratio: residual blocks of each stage likewise, one at least.
        spacing_ratio: of the grid, each way.
        epoch_ratio: of the training and its warm-up; above 1, as an epoch of fewer patients has fewer steps.
        recalibrate: proxies as `training.recalibrate` does, if the configuration does not anyway. A proxy is cut short,
            and longer training would take away first what is wrong with all its predictions alike: without it proxies
            are ranked by how far they happen to have come.
    """

    share: float = Field(default=0.4, gt=0, le=1)
    choice: Choice = "by_volume"
    similarity: SimilarityMeasure = "normalised_mutual_information"
    region: Literal["whole", "informative"] = "informative"
    width_ratio: float = Field(default=0.5, gt=0, le=1)
    block_ratio: float = Field(default=1.0, gt=0, le=1)
    spacing_ratio: float = Field(default=2.0, ge=1)
    epoch_ratio: float = Field(default=1.5, gt=0)
    recalibrate: bool = True

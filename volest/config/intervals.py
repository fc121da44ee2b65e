"""How far off a single volume may be."""

from typing import Literal

from pydantic import Field

from volest.config.frozen import Frozen

IntervalMethod = Literal["pooled", "hierarchical", "cv_plus", "cv_minmax"]
Score = Literal["absolute", "relative"]
Doubt = Literal["views", "members", "head", "drawing"]


class IntervalsConfig(Frozen):
    """Intervals about the volumes of new scans, from the errors of held-out patients.

    Attributes:
        level: share of new patients whose volume the interval holds.
        method: `pooled` covers as often as its level says, or 1 to 3 points less often where the patients are hardly
            as many as the level needs and have several scans each; `hierarchical` at least so often, proven, and so too
            often by some per cent; `cv_plus` and `cv_minmax` centre on the folds one by one and are wider still.
        score: what an error is measured in: mL (`absolute`) or shares of the volume (`relative`); `auto` is relative
            where the network predicts logarithms, else absolute.
        scaled_by: what each error is divided by before errors of scans are compared, so that an interval is wide where
            the network doubts: the SD over `views` of a scan; over `members`, with model.members; told by the `head`,
            gaussian or quantile; or the difference to the volume that is drawn (`drawing`), with model.mask_head. Null
            for nothing.
    """

    level: float = Field(default=0.9, ge=0.5, lt=1)
    method: IntervalMethod = "pooled"
    score: Literal["auto", "absolute", "relative"] = "auto"
    scaled_by: Doubt | None = None

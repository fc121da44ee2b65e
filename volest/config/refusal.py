"""From where on a new scan is unlike the training scans."""

from pydantic import Field

from volest.config.frozen import Frozen


class RefusalConfig(Frozen):
    """When `volest predict` calls a scan unlike those of the training, and `--refuse` leaves its number out.

    Attributes:
        rejected_percent: of the scans of new patients like those of the training that this befalls at the most; with
            K held-out patients no less than 100 / (K + 1) can be kept.
    """

    rejected_percent: float = Field(default=5.0, ge=0, lt=100)
